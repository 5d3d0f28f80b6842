package checkpoint

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"

	"herbarium/format"
)

// use reads all there is to read of what came out, and wants it to be sound.
func use(t *testing.T, data []byte, dicts []Dict, err error) {
	if err != nil {
		if err.Error() == "" || strings.Contains(err.Error(), "\n") {
			t.Fatalf("error %q is not one line", err)
		}
		return
	}
	for _, d := range dicts {
		for _, tensor := range d.Tensors {
			count := 1
			for _, n := range tensor.Shape {
				count *= n
			}
			if count > len(data) {
				t.Fatalf("%q has %d elements, the file %d bytes", tensor.Name, count, len(data))
			}
			if v, err := tensor.Float32s(); err == nil && len(v) != count {
				t.Fatalf("%q has %d elements, not %d", tensor.Name, len(v), count)
			}
		}
	}
}

func samples(f *testing.F) map[string][]byte {
	all := map[string][]byte{}
	for _, name := range []string{"views-zip.pt", "types-zip.pt", "script-zip.pt", "protocol4-zip.pt", "protocol5-legacy.pt", "big-endian.pt", "views-legacy.pt", "script-legacy.pt", "types-legacy.pt"} {
		all[name] = load(f, name)
	}
	return all
}

// FuzzRead: whatever the file, there is a line of error or tensors that can be read.
func FuzzRead(f *testing.F) {
	for _, data := range samples(f) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		dicts, err := Read(data)
		use(t, data, dicts, err)
	})
}

// FuzzPickle: the same for the pickle inside an archive that is sound, whose checksums keep FuzzRead out of it.
func FuzzPickle(f *testing.F) {
	for name, data := range samples(f) {
		if strings.HasSuffix(name, "-zip.pt") {
			a, err := openArchive(data)
			if err != nil {
				f.Fatal(err)
			}
			pickle, err := a.entry("data.pkl")
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(pickle))
		}
	}
	f.Add(dictOf(text("a") + tensorOf(0, numbersOf(2, 2), numbersOf(1, 2))))
	f.Fuzz(func(t *testing.T, pickle string) {
		data := archiveOf(t, zip.Store, "a/data.pkl", pickle, "a/data/0", fourFloats)
		dicts, err := Read(data)
		use(t, data, dicts, err)
	})
}

// FuzzLegacy: the same for the pickle of a legacy file.
func FuzzLegacy(f *testing.F) {
	f.Add(dictOf(text("a")+tensorOf(0, numbersOf(2, 2), numbersOf(1, 2))), "\x04\x00\x00\x00\x00\x00\x00\x00"+fourFloats)
	f.Fuzz(func(t *testing.T, pickle, storages string) {
		data := append(legacy(pickle), storages...)
		dicts, err := Read(data)
		use(t, data, dicts, err)
	})
}

// FuzzSafetensors: the same for headers of safetensors.
func FuzzSafetensors(f *testing.F) {
	var b bytes.Buffer
	err := format.WriteSafetensors(&b, &format.Document{Tensors: []format.Tensor{format.Of("a", []int{2, 2}, []float32{1, 2, 3, 4}), format.Of("b", nil, []int64{1})}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes()[8:])
	f.Fuzz(func(t *testing.T, rest []byte) {
		n := bytes.IndexByte(rest, '\n') + 1 // where the header ends
		data := append([]byte{byte(n), byte(n >> 8), byte(n >> 16), 0, 0, 0, 0, 0}, rest...)
		dicts, err := readSafetensors(data)
		use(t, data, dicts, err)
	})
}
