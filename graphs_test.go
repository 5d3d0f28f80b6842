package herbarium_test

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestToolsTakeWhatAdoptTakes: of random legal graphs adopt names the node that it refuses, or all tools run them, and the
// logits are ONNX Runtime's. $HERBARIUM_GRAPHS is how many graphs, and $HERBARIUM_PYTHON a Python with onnx and onnxruntime.
func TestToolsTakeWhatAdoptTakes(t *testing.T) {
	programs := needTools(t, true)
	interpreter := cmp.Or(os.Getenv("HERBARIUM_PYTHON"), "python3")
	if exec.Command(interpreter, "-c", "import numpy, onnx, onnxruntime").Run() != nil {
		t.Skip("HERBARIUM_PYTHON names no Python with onnx and onnxruntime")
	}
	graphs := cmp.Or(os.Getenv("HERBARIUM_GRAPHS"), "8")
	cmd := exec.Command(interpreter, "testdata/random_graphs.py", programs.bin, "1", graphs)
	cmd.Env = append(os.Environ(), "PYTHONPATH="+filepath.Join(programs.root, "format/python"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
