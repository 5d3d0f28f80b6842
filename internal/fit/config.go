package fit

// Config says how to train.
type Config struct {
	Epochs    int
	Batch     int
	Optimizer string          // sgd or adamw
	Rate      float64         // peak learning rate
	WarmUp    float64         // share of all steps
	Momentum  float64         // sgd
	Decay     float64         // of weights, not of norms and biases
	Smoothing float64         // of labels
	Balance   bool            // classes count alike in the loss, however many photos they have
	Best      bool            // keep the weights of the epoch that does best on the validation photos, not the last
	Frozen    map[string]bool // nodes that stay as they are
	Augment   Augment
	Adversary Adversary
	Seed      uint64
}

// Epoch is one line of a net's history.
type Epoch struct {
	Epoch          int      `json:"epoch"` // from 1
	Rate           float64  `json:"rate"`  // at its end
	Loss           float64  `json:"loss"`  // mean over the epoch's augmented photos, nats, summed over the heads
	Accuracy       float64  `json:"accuracy"`
	ValLoss        *float64 `json:"val_loss,omitempty"` // plain cross-entropy, nats
	ValAccuracy    *float64 `json:"val_accuracy,omitempty"`
	ValAdversarial *float64 `json:"val_adversarial,omitempty"` // accuracy on adversarial photos
	Kept           bool     `json:"kept,omitempty"`            // the net has this epoch's weights and not the last's
}

// Step is what a step tells about itself while training runs.
type Step struct {
	Epoch    int // from 1
	Done     int // steps so far
	Total    int
	Photos   int // in this step
	Loss     float64
	Accuracy float64
}

// Watch is told what happens during training. All of it may be nil.
type Watch struct {
	Step   func(Step)
	Resume *State             // go on from here
	Save   func(*State) error // called at the end of epochs and every ten minutes
}
