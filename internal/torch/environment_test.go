package torch

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/cpu"
)

// What preinit.c lends OpenMP comes back: the process and its children see the environment that they were given. OpenMP
// itself says on its start how it waits.
func TestOpenMPSpinsShortlyAndTheEnvironmentStays(t *testing.T) {
	if os.Getenv("HERBARIUM_PRINT_ENVIRONMENT") != "" {
		t.Log(strings.Join(os.Environ(), "\n"), Engine())
		return
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	two := []string{"HERBARIUM_PRINT_ENVIRONMENT=1", "FIRST=1", "OMP_DISPLAY_ENV=verbose", "LAST=2"}
	for _, test := range []struct {
		given, waits []string
		lent         bool
	}{
		{two, []string{"OMP_WAIT_POLICY = 'PASSIVE'", "GOMP_SPINCOUNT = '1000'"}, true},
		{[]string{two[0], two[2]}, []string{"OMP_WAIT_POLICY = 'PASSIVE'", "GOMP_SPINCOUNT = '0'"}, true}, // one to lend
		{append([]string{"OMP_WAIT_POLICY=active"}, two...), []string{"OMP_WAIT_POLICY = 'ACTIVE'"}, false},
		{append(two[:4:4], "GOMP_SPINCOUNT=7"), []string{"GOMP_SPINCOUNT = '7'"}, false},
	} {
		cmd := exec.Command(program, "-test.run", "^TestOpenMPSpinsShortlyAndTheEnvironmentStays$", "-test.v")
		cmd.Env = test.given
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		said := string(out)
		for _, entry := range test.given {
			if !strings.Contains(said, entry) {
				t.Errorf("%q: the process does not see %s", test.given, entry)
			}
		}
		if test.lent && (strings.Contains(said, "OMP_WAIT_POLICY=") || strings.Contains(said, "GOMP_SPINCOUNT=") || strings.Contains(said, "OPENBLAS_CORETYPE=")) {
			t.Errorf("%q: what was lent to OpenMP is still in the environment", test.given)
		}
		if len(test.given) > 2 && cpu.X86.HasAVX2 && strings.Contains(said, "for Prescott") {
			t.Errorf("%q: OpenBLAS takes its slowest kernels", test.given)
		}
		if !strings.Contains(said, "GOMP_SPINCOUNT") {
			t.Skip("this OpenMP does not print how long it spins")
		}
		for _, line := range test.waits {
			if !strings.Contains(said, line) {
				t.Errorf("%q: OpenMP does not say %s\n%s", test.given, line, said)
			}
		}
		if !test.lent && strings.Contains(said, "GOMP_SPINCOUNT = '1000'") {
			t.Errorf("%q: a user's setting does not win", test.given)
		}
	}
}
