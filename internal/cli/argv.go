package cli

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// argument is one flag or positional argument of a command line.
type argument struct {
	flag  string // long name; empty for a positional argument
	value string
	bare  bool // a flag without value
}

// normalize brings a command line that kong has accepted into the form that
// the provenance keeps: positional arguments first, then flags by long name in
// alphabetic order, without those that change no result (tag prov:"-") or
// repeat their default. Where a flag counts once, its last value stays.
func normalize(model *kong.Application, args []string) []argument {
	flags := map[string]*kong.Flag{}
	for _, group := range allFlags(model.Node) {
		flags["--"+group.Name] = group
		if group.Short != 0 {
			flags["-"+string(group.Short)] = group
		}
		for _, alias := range group.Aliases {
			flags["--"+alias] = group
		}
	}
	var out []argument
	keep := func(f *kong.Flag, a argument) {
		if f.Tag.Get("prov") == "-" {
			return
		}
		a.flag = f.Name
		if !f.IsCumulative() && !f.IsCounter() {
			out = slices.DeleteFunc(out, func(b argument) bool { return b.flag == a.flag })
		}
		isDefault := a.value == f.Default && !a.bare
		if f.IsBool() {
			isDefault = a.bare == (f.Default == "true")
		}
		if !isDefault || f.IsCumulative() {
			out = append(out, a)
		}
	}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--":
			for _, rest := range args {
				out = append(out, argument{value: rest})
			}
			args = nil
		case strings.HasPrefix(arg, "--"):
			name, value, given := strings.Cut(arg, "=")
			f := flags[name]
			negated := f == nil
			if negated {
				f = flags["--"+strings.TrimPrefix(name, "--no-")]
			}
			switch {
			case f == nil:
			case f.IsBool():
				if isFalse(value) != negated {
					keep(f, argument{value: "false"})
				} else {
					keep(f, argument{bare: true})
				}
			case given:
				keep(f, argument{value: value})
			case f.IsCounter():
				keep(f, argument{bare: true})
			case len(args) > 0:
				keep(f, argument{value: args[0]})
				args = args[1:]
			}
		case strings.HasPrefix(arg, "-") && len(arg) > 1:
			args = shortFlags(arg[1:], args, flags, keep)
		default:
			out = append(out, argument{value: arg})
		}
	}
	slices.SortStableFunc(out, func(a, b argument) int { return strings.Compare(a.flag, b.flag) })
	return out
}

// isFalse reads the value of a boolean flag as kong does; none means true.
func isFalse(value string) bool {
	return slices.Contains([]string{"false", "0", "no"}, strings.ToLower(value))
}

// shortFlags takes a cluster like fq, or n5, apart; a value may also be the
// next argument. It returns the arguments that are left.
func shortFlags(cluster string, args []string, flags map[string]*kong.Flag, keep func(*kong.Flag, argument)) []string {
	for i, letter := range cluster {
		f := flags["-"+string(letter)]
		rest := cluster[i+len(string(letter)):]
		switch {
		case f == nil:
			return args
		case f.IsBool() || f.IsCounter():
			keep(f, argument{bare: true})
		case rest != "":
			keep(f, argument{value: rest})
			return args
		case len(args) > 0:
			keep(f, argument{value: args[0]})
			return args[1:]
		}
	}
	return args
}

// allFlags lists the flags of a node and of all below it.
func allFlags(n *kong.Node) []*kong.Flag {
	out := slices.Clone(n.Flags)
	for _, child := range n.Children {
		out = append(out, allFlags(child)...)
	}
	return out
}

// commandLine writes arguments out. files gives what stands for inputs, by
// absolute path. Of an absolute path that was no input only the last element
// stays.
func commandLine(args []argument, files map[string]string) []string {
	out := []string{}
	dashed := slices.ContainsFunc(args, func(a argument) bool {
		return a.flag == "" && strings.HasPrefix(a.value, "-") && a.value != "-"
	})
	var positional []string
	for _, a := range args {
		value := a.value
		if !a.bare && len(files) > 0 && files[absolute(value)] != "" {
			value = files[absolute(value)]
		} else if filepath.IsAbs(value) {
			value = filepath.Base(value)
		}
		switch {
		case a.flag == "" && dashed:
			positional = append(positional, value)
		case a.flag == "":
			out = append(out, value)
		case a.bare:
			out = append(out, "--"+a.flag)
		case value == "" || strings.HasPrefix(value, "-") || value == "false":
			out = append(out, "--"+a.flag+"="+value)
		default:
			out = append(out, "--"+a.flag, value)
		}
	}
	if dashed {
		out = append(append(out, "--"), positional...)
	}
	return out
}

// absolute makes spellings of one path equal: a, ./a, and what kong's
// type:"path" makes of it.
func absolute(name string) string {
	path, err := filepath.Abs(name)
	if err != nil || name == "" {
		return name
	}
	return path
}
