// Package compute opens the device that a tool's nets run on.
package compute

import (
	"runtime"

	"golang.org/x/sys/cpu"

	"herbarium/internal/cli"
	"herbarium/internal/net"
	"herbarium/internal/torch"
)

// Open readies libtorch for nets in dtype, as the flags say, and writes into the record of the command what decides how
// results round. It must come before anything is written, also before a net from standard input is passed on.
func Open(s *cli.Session, p *cli.Processor, dtype string) (net.Options, error) {
	on, err := net.Open(string(p.Device), dtype, s.Threads())
	if err != nil {
		return on, err
	}
	s.Record("device", on.Device.String())
	s.RecordEngine(torch.Engine())
	if isSlow(on, runtime.GOARCH == "amd64" && !cpu.X86.HasAVX512BF16 && !cpu.X86.HasAMXBF16) {
		s.Warnf("this processor has no instructions for bf16: it computes many times slower than with --dtype f32")
	}
	return on, nil
}

// isSlow tells whether a processor computes in bfloat16 without instructions for it.
func isSlow(on net.Options, without bool) bool {
	return on.DType == torch.BF16 && on.Device == torch.CPU && without
}
