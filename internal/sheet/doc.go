// Package sheet lays pictures out as a figure: a grid with captions, and, if
// wanted, a title and headings of rows and columns. Pictures in, one picture
// out; the same input gives the same pixels.
package sheet
