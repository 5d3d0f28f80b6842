package cli

import (
	"os"
	"os/signal"
	"syscall"
)

// watch removes what is half-made when the user or make stops the tool, and
// then lets the signal kill it as if it had never been caught, so that a shell
// sees why it ended. A signal that is ignored (nohup, a script's background
// job) stays so. SIGPIPE keeps Go's default: a tool whose reader has gone dies.
func (t *temporaries) watch() {
	caught := make(chan os.Signal, 1)
	for _, sig := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(sig) {
			signal.Notify(caught, sig)
		}
	}
	go func() {
		sig := <-caught
		t.removeForever()
		signal.Reset(sig)
		number, ok := sig.(syscall.Signal)
		if !ok || syscall.Kill(os.Getpid(), number) != nil {
			os.Exit(exitFailed)
		}
	}()
}
