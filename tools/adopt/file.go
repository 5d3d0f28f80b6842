package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"

	"herbarium/internal/checkpoint"
	"herbarium/internal/cli"
	"herbarium/internal/errs"
)

// largest is the most bytes of a checkpoint, as of a document of a stream.
const largest = 4 << 30

// read reads the file and puts it into the provenance.
func (c *command) read(s *cli.Session) ([]byte, error) {
	if c.File == "" {
		return nil, errs.Hint(errs.Usagef("no checkpoint is named"), "adopt FILE, such as adopt resnet18.pth -o resnet18.st.zst")
	}
	data, err := content(c.File)
	if err != nil {
		return nil, err
	}
	return data, s.AddInput(c.File, sha256.Sum256(data))
}

// dicts are the dictionaries of tensors in a checkpoint.
func (c *command) dicts(data []byte) ([]checkpoint.Dict, error) {
	dicts, err := checkpoint.Read(data)
	if err != nil {
		err = fmt.Errorf("%s: %w", c.File, err)
		var refused *checkpoint.Refused
		if errors.As(err, &refused) {
			return nil, errs.Hint(err, "save the tensors alone: torch.save(model.state_dict(), FILE), or safetensors")
		}
		return nil, err
	}
	if len(dicts) == 0 {
		return nil, errs.Hint(fmt.Errorf("%s holds no dictionary of tensors", c.File), "save one: torch.save(model.state_dict(), FILE)")
	}
	return dicts, nil
}

// content is what a file or pipe holds.
func content(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return contentOf(f, path)
}

func contentOf(f *os.File, path string) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	tooLarge := fmt.Errorf("%s has more than %d bytes", path, int64(largest))
	switch {
	case info.IsDir():
		return nil, fmt.Errorf("%s is a directory, not a checkpoint", path)
	case info.Size() > largest:
		return nil, tooLarge
	case info.Mode().IsRegular():
		data := make([]byte, info.Size())
		if _, err := io.ReadFull(f, data); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return data, nil
	}
	data, err := io.ReadAll(io.LimitReader(f, largest+1))
	if err == nil && len(data) > largest {
		err = tooLarge
	}
	return data, err
}
