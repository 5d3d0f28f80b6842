// Package schema reads the tables of format/NET.md and format/ITEMS.md, so that tests can hold these pages and the code
// equal.
package schema

import (
	"fmt"
	"os"
	"strings"
)

// Section returns the lines of a Markdown page below the heading of that text, up to the next heading of the same or a
// higher level.
func Section(path, heading string) ([]string, error) {
	page, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var lines []string
	level, code := 0, false
	for line := range strings.Lines(string(page)) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "```") {
			code = !code
		}
		marks := len(line) - len(strings.TrimLeft(line, "#"))
		isHeading := !code && marks > 0 && strings.HasPrefix(line[marks:], " ")
		switch {
		case level > 0 && isHeading && marks <= level:
			return lines, nil
		case level > 0:
			lines = append(lines, line)
		case isHeading && line[marks+1:] == heading:
			level = marks
		}
	}
	if level == 0 {
		return nil, fmt.Errorf("%s has no heading %q", path, heading)
	}
	return lines, nil
}

// Rows returns the cells of the rows of all tables among the lines, without their heads.
func Rows(lines []string) [][]string {
	var rows [][]string
	body := false
	for _, line := range lines {
		switch {
		case !strings.HasPrefix(line, "|"):
			body = false
		case strings.HasPrefix(line, "|---"):
			body = true
		case body:
			cells := strings.Split(strings.Trim(line, "|"), "|")
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			rows = append(rows, cells)
		}
	}
	return rows
}

// Code returns the texts of the code blocks of a language among the lines.
func Code(lines []string, language string) []string {
	var blocks []string
	inside := false
	for _, line := range lines {
		switch {
		case inside && line == "```":
			inside = false
		case inside:
			blocks[len(blocks)-1] += line + "\n"
		case line == "```"+language:
			inside = true
			blocks = append(blocks, "")
		}
	}
	return blocks
}
