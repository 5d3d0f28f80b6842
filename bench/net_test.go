// Package bench holds what bench/run compares with Python; see there.
package bench

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"herbarium/format"
	"herbarium/internal/arch"
	"herbarium/internal/graph"
)

// BenchmarkNet writes the weights of a ResNet-18 (45 MB) to a file and reads them back, checked against their digest: as
// the tools write files (fast), and stored. The stream stays in $BENCH_NET, if set, for the Python peers.
func BenchmarkNet(b *testing.B) {
	g, err := arch.Build("resnet18", arch.Options{Classes: 1000})
	if err != nil {
		b.Fatal(err)
	}
	in := graph.Shape{3, 224, 224}
	params, err := arch.Init(g, in, 1)
	if err != nil {
		b.Fatal(err)
	}
	d, err := (&graph.Net{Graph: g, Params: params, Input: in, Arch: "resnet18"}).Document()
	if err != nil {
		b.Fatal(err)
	}
	folder := b.TempDir()
	for _, level := range []format.Level{format.Store, format.Fast} {
		path := filepath.Join(folder, level.String()+".st.zst")
		if keep := os.Getenv("BENCH_NET"); keep != "" && level == format.Fast {
			path = keep
		}
		b.Run(level.String()+"/write", func(b *testing.B) {
			for b.Loop() {
				if err := write(path, d, level); err != nil {
					b.Fatal(err)
				}
			}
			info, err := os.Stat(path)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(info.Size()), "bytes")
		})
		b.Run(level.String()+"/read", func(b *testing.B) {
			if err := write(path, d, level); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := read(path); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func write(path string, d *format.Document, level format.Level) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := format.NewWriter(f, format.WriterOptions{Level: level, Digest: true})
	if err := w.Write(d); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return f.Close()
}

func read(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := format.NewReader(f, format.Limits{})
	for err == nil {
		_, err = r.Next()
	}
	if err != io.EOF {
		return err
	}
	return nil
}
