package graph

// The names in [Net.Stats] of what training photos looked like; format/NET.md says what each holds.
const (
	StatColorMean       = "color.mean"
	StatColorCovariance = "color.cov"
	StatSpectrum        = "spectrum"
)

// StatMax names the largest spatial mean of each channel of a node on any photo.
func StatMax(node string) string { return "max." + node }

// StatPeak names the largest single value of each channel of a node on any photo.
func StatPeak(node string) string { return "peak." + node }

// StatPairDistance names the mean Euclidean distance between a node's outputs for two photos.
func StatPairDistance(node string) string { return "apart." + node }

// StatNormMean and StatNormVariance name the moments [C] of the input of a batch norm, each taken over one photo and
// averaged over photos.
func StatNormMean(node string) string     { return "bn." + node + ".mean" }
func StatNormVariance(node string) string { return "bn." + node + ".var" }
