package cli

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// grammar has every sort of flag that tools use.
type grammar struct {
	Paths []string          `arg:"" optional:""`
	Units []string          `name:"unit" short:"u" sep:"none"`
	Eps   []string          `name:"eps"`
	Steps int               `short:"n" default:"512" aliases:"iterations"`
	Rate  float64           `default:"0.05"`
	Flip  bool              `short:"l"`
	Crop  bool              `short:"c" negatable:"" default:"true"`
	Loud  int               `short:"v" type:"counter"`
	Map   map[string]string `name:"map"`
	Log   string            `prov:"-"`
	Quiet bool              `short:"q" prov:"-"`
}

func parse(t interface{ Fatalf(string, ...any) }, args []string) (*kong.Kong, *grammar, error) {
	var g grammar
	app, err := kong.New(&g, kong.Writers(io.Discard, io.Discard))
	if err != nil {
		t.Fatalf("grammar: %v", err)
	}
	_, err = app.Parse(args)
	g.Log, g.Quiet = "", false
	return app, &g, err
}

func TestNormalize(t *testing.T) {
	tests := []struct{ give, want string }{
		{"", ""},
		{"--steps 512 --rate=0.05 --crop", ""},
		{"--steps 7 photo.jpg", "photo.jpg --steps 7"},
		{"--iterations=7", "--steps 7"},
		{"-n7", "--steps 7"},
		{"-n 7 -n 8", "--steps 8"},
		{"-n 7 -n 512", ""},
		{"-qln7", "--flip --steps 7"},
		{"--unit fc:daisy -u layer2,x --steps 1", "--steps 1 --unit fc:daisy --unit layer2,x"},
		{"--no-crop", "--crop=false"},
		{"--crop=false", "--crop=false"},
		{"--no-crop --crop", ""},
		{"--flip=false", ""},
		{"--flip=No", ""},
		{"--crop=0", "--crop=false"},
		{"--no-crop=false", ""},
		{"--flip=true", "--flip"},
		{"-vv --loud", "--loud --loud --loud"},
		{"--log x -q --log=y a", "a"},
		{"-- a -b --steps", "-- a -b --steps"},
		{"- a", "- a"},
		{"--rate=-1", "--rate=-1"},
		{"--unit=", "--unit="},
		{"--map a=1 --map=b=2", "--map a=1 --map b=2"},
		{"/home/me/photos --unit /x/y", "photos --unit y"},
		{"net.st --unit ./net.st", "sha256:00 --unit sha256:00"},
	}
	for _, test := range tests {
		args := strings.Fields(test.give)
		app, _, err := parse(t, args)
		if err != nil {
			t.Errorf("%s: %v", test.give, err)
			continue
		}
		got := strings.Join(commandLine(normalize(app.Model, args), map[string]string{absolute("net.st"): "sha256:00"}), " ")
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.give, got, test.want)
		}
	}
}

// TestNormalFormMeansTheSame: parsing the normal form gives the same flags, and
// it is its own normal form.
func TestNormalFormMeansTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.OneOf(
			rapid.SampledFrom([]string{"--flip", "-l", "-q", "-lq", "-c", "--no-crop", "--crop", "--crop=false", "--crop=no", "--no-crop=0", "--flip=1", "-v", "--loud", "a", "b c", "-"}),
			rapid.Custom(func(t *rapid.T) string {
				flag := rapid.SampledFrom([]string{"--unit=", "-u", "--eps=", "--map=k=", "--log="}).Draw(t, "flag")
				return flag + rapid.SampledFrom([]string{"x", "a,b", "=", "--", "fc:\"10\"", "-1", "k=v"}).Draw(t, "text")
			}),
			rapid.Custom(func(t *rapid.T) string {
				flag := rapid.SampledFrom([]string{"--steps=", "-n", "--iterations=", "--rate="}).Draw(t, "flag")
				return fmt.Sprint(flag, rapid.SampledFrom([]string{"1", "512", "0"}).Draw(t, "number"))
			}),
		)
		args := rapid.SliceOfN(piece, 0, 6).Draw(t, "args")
		if rapid.Bool().Draw(t, "dashes") {
			args = append(args, "--", "-x", "y")
		}
		app, want, err := parse(t, args)
		if err != nil {
			t.Skip()
		}
		normal := commandLine(normalize(app.Model, args), nil)
		_, got, err := parse(t, normal)
		if err != nil {
			t.Fatalf("normal form %q is refused: %v", normal, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("normal form %q means something else:\n%s", normal, diff)
		}
		if again := commandLine(normalize(app.Model, normal), nil); !cmp.Equal(again, normal) {
			t.Fatalf("normal form %q becomes %q", normal, again)
		}
	})
}
