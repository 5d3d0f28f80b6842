// Package cli is the part that all of Herbarium's programs share: flags that
// are spelled alike everywhere, the read loop over standard input, output that
// exists only when it is whole, provenance, progress, messages and exit codes.
//
// A tool is a struct of flags with a Run method:
//
//	type Flip struct {
//		cli.IO
//		Vertical bool `help:"Mirror top and bottom instead of left and right."`
//	}
//
//	func (c *Flip) Run(s *cli.Session) error {
//		return s.Each(map[string]func(*format.Document) error{
//			"images": func(d *format.Document) error { return s.Write(flip(d, c.Vertical)) },
//		})
//	}
//
//	func main() { cli.Main("flip", manual, &Flip{}) }
//
// Rules that a tool inherits:
//
//   - Errors go to standard error, one line each: `flip: lower case, no full
//     stop`, followed by `flip: hint: ...` where a hint helps. Exit status 0 is
//     done, 1 failed, 2 wrong usage. Libraries give errors hints, lists and
//     status 2 by package errs, and show progress by package progress: they do
//     not know this package.
//   - -o FILE appears under its name only after Run has succeeded and every
//     byte was accepted; after a failure, a panic, SIGINT or SIGTERM there is
//     neither the file nor a temporary.
//   - A tool that fails while its output is a pipe ends the stream with status
//     abort, so that the last command of a pipe fails even without pipefail.
//   - Documents of kinds that a tool does not handle pass through unchanged.
//   - Of many warnings of one kind (one layout), and of many findings of an error,
//     ten are printed, and the rest is counted; --verbose prints all.
//   - A number that must lie in an interval says so in its tag: range:"[0,1)".
//   - A flag that changes no result carries the tag `prov:"-"` and stays out of
//     the provenance. kong splits slice flags at commas: flags whose values
//     may hold a comma need `sep:"none"`.
package cli

// Version of all tools. It is part of the provenance of every result.
const Version = "0.1.0"
