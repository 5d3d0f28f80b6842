//go:build !linux

package format

func hugePages([]byte) {}
