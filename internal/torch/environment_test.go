package torch

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// What preinit.c lends OpenMP comes back: the process and its children see the environment that they were given. OpenMP
// itself says on its start which policy it took.
func TestOpenMPWaitsPassivelyAndTheEnvironmentStays(t *testing.T) {
	if os.Getenv("HERBARIUM_PRINT_ENVIRONMENT") != "" {
		t.Log(strings.Join(os.Environ(), "\n"))
		return
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	given := []string{"HERBARIUM_PRINT_ENVIRONMENT=1", "FIRST=1", "OMP_DISPLAY_ENV=verbose", "LAST=2"}
	for policy, spins := range map[string]bool{"": false, "OMP_WAIT_POLICY=active": true} {
		cmd := exec.Command(program, "-test.run", "^TestOpenMPWaitsPassivelyAndTheEnvironmentStays$", "-test.v")
		cmd.Env = given
		if policy != "" {
			cmd.Env = append(cmd.Env, policy)
		}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		for _, entry := range cmd.Env {
			if !strings.Contains(string(out), entry) {
				t.Errorf("%q: the process does not see %s", policy, entry)
			}
		}
		if policy == "" && strings.Contains(string(out), "OMP_WAIT_POLICY=passive") {
			t.Error("what was lent to OpenMP is still in the environment")
		}
		if !strings.Contains(string(out), "GOMP_SPINCOUNT") {
			t.Skip("this OpenMP does not print how long it spins")
		}
		if got := !strings.Contains(string(out), "GOMP_SPINCOUNT = '0'"); got != spins {
			t.Errorf("%q: spins: %v\n%s", policy, got, out)
		}
	}
}
