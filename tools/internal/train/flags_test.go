package train

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/internal/cli"
	"herbarium/internal/fit"
)

// tool is a program that has the flags and only checks them.
type tool struct {
	cli.IO
	Flags
	config fit.Config `kong:"-"`
}

func (c *tool) Run(*cli.Session) error {
	c.config = c.Flags.config(8)
	return c.check()
}

func parse(args ...string) (c *tool, status int, message string) {
	c = &tool{}
	var out, diagnostics bytes.Buffer
	p := cli.Process{Args: args, Stdin: &bytes.Buffer{}, Stdout: &out, Stderr: &diagnostics}
	return c, p.Run("tool", "Tool trains.", c), diagnostics.String()
}

func TestFlagsThatCannotBeMeant(t *testing.T) {
	for args, want := range map[string]string{
		"--epochs 0":                        "--epochs 0 must be 1 or more",
		"--rate=-1":                         "--rate -1 must be 0 or more",
		"--rate Inf":                        "--rate +Inf must be 0 or more",
		"--warmup 1.5":                      "--warmup 1.5 must be from 0 to 1",
		"--momentum 1":                      "--momentum 1 must be from 0 to less than 1",
		"--smoothing NaN":                   "--smoothing NaN must be from 0 to less than 1",
		"--crop-area 0":                     "--crop-area 0 must be more than 0 and at most 1",
		"--cutmix 2":                        "--cutmix 2 must be from 0 to 1",
		"--val-share 1":                     "--val-share 1 must be from 0 to less than 1",
		"--batch 1":                         "--batch 1 must be 2 or more: a batch norm of one pixel of one picture has no variance",
		"--dtype bf16":                      "--dtype bf16: training runs in f32",
		"--freeze layer1":                   "--freeze leaves layers untrained: it needs a net that has been trained, --init",
		"--keep best --val-share 0":         "--keep best needs validation photos: --val or --val-share",
		"--eps 4/255":                       "--eps and --steps need --adversarial fgsm or pgd",
		"--steps 3":                         "--eps and --steps need --adversarial fgsm or pgd",
		"--adversarial fgsm --steps 4":      "--adversarial fgsm takes one step: pgd takes 4",
		"--adversarial pgd --eps 4":         "--eps 4 is not between 0 and 1",
		"--adversarial pgd --eps 0":         "--eps 0 is not between 0 and 1",
		"--adversarial pgd --eps much":      `--eps: "much" is not a number`,
		"--adversarial noise --eps 0.1":     "--adversarial must be one of",
		"--optimizer momentum --epochs 100": "--optimizer must be one of",
	} {
		if _, status, message := parse(strings.Fields(args)...); status != 2 || !strings.HasPrefix(message, "tool: "+want) {
			t.Errorf("%s: status %d, %q; want %q", args, status, message, want)
		}
	}
}

func TestConfig(t *testing.T) {
	usual := fit.Config{Epochs: 30, Batch: 8, Optimizer: "sgd", Rate: 0.1, WarmUp: 0.1, Momentum: 0.9, Decay: 0.0005, Smoothing: 0.1,
		Augment: fit.Augment{CropArea: 0.5, Flip: true, Brightness: 0.2, Contrast: 0.2}}
	for args, edit := range map[string]func(*fit.Config){
		"":                                      func(*fit.Config) {},
		"--optimizer adamw":                     func(c *fit.Config) { c.Optimizer, c.Rate = "adamw", 0.001 },
		"--init net.st.zst":                     func(c *fit.Config) { c.Rate = 0.01 },
		"--init net.st.zst --rate 0.3":          func(c *fit.Config) { c.Rate = 0.3 },
		"--adversarial fgsm":                    func(c *fit.Config) { c.Adversary = fit.Adversary{Eps: 4.0 / 255, Steps: 1} },
		"--adversarial pgd":                     func(c *fit.Config) { c.Adversary = fit.Adversary{Eps: 4.0 / 255, Steps: 3} },
		"--adversarial pgd --eps 0.1 --steps 7": func(c *fit.Config) { c.Adversary = fit.Adversary{Eps: 0.1, Steps: 7} },
		"--no-flip --cutmix 1 --keep best":      func(c *fit.Config) { c.Augment.Flip, c.Augment.CutMix, c.Best = false, 1, true },
		"--balance --seed 9":                    func(c *fit.Config) { c.Balance, c.Seed = true, 9 },
	} {
		want := usual
		edit(&want)
		c, status, message := parse(strings.Fields(args)...)
		if status != 0 {
			t.Errorf("%s: %s", args, message)
		}
		if diff := cmp.Diff(want, c.config); diff != "" {
			t.Errorf("%s: %s", args, diff)
		}
	}
}
