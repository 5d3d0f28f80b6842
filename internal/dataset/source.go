// Package dataset reads pictures from where they are — class folders, files, lists of files — or draws them, and
// hands them on in one size, in order, decoded by several goroutines in bounded memory.
package dataset

import "herbarium/internal/images"

// Source is a list of pictures that can be loaded by number, by several goroutines at once.
type Source interface {
	// Classes are the names that labels point into, sorted; nil if nothing is classified.
	Classes() []string
	// Len is the number of pictures, those that will turn out unreadable included.
	Len() int
	// Load makes picture i. It is a function of i only. The error names the file.
	Load(i int) (images.Picture, error)
}
