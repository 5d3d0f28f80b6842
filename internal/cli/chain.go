package cli

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
)

// provKey is the metadata key of the provenance, a JSON array of entries.
const provKey = "prov"

// entry is one command of a provenance chain. Its id is the start of the
// SHA-256 of its canonical JSON (sorted keys, no white space, without the id),
// so that the union of two chains is that of their ids. It holds no host, time
// or absolute path: the same command on the same inputs, computed by the same
// libraries, is the same entry. The
// fields are in the order of their JSON names, which makes encode canonical.
type entry struct {
	Argv     []string          `json:"argv"`             // in normal form; files as sha256:HEX
	Engine   string            `json:"engine,omitempty"` // the libraries that computed, where their rounding is in the result
	ID       string            `json:"id,omitempty"`
	Inputs   map[string]origin `json:"inputs,omitempty"`   // named inputs, by sha256:HEX
	Parents  []string          `json:"parents"`            // the commands whose output came on standard input, in that order
	Replaces []string          `json:"replaces,omitempty"` // ids of the same command, written before all its inputs were known
	Seed     *uint64           `json:"seed,omitempty"`     // where the tool draws random numbers
	Tool     string            `json:"tool"`
	Version  string            `json:"version"`
}

// origin says where a named input came from.
type origin struct {
	From []string `json:"from,omitempty"` // the commands that made the stream in it
	Name string   `json:"name,omitempty"` // none for <(...); see publicName
}

// link is an entry as it came: what another version of a tool, or a script in
// another language, put there is handed on to the byte.
type link struct {
	entry
	raw json.RawMessage
}

// heads are the entries whose output none of the others read, and that are not
// replaced, in order.
func heads(links []link) []string {
	inner := map[string]bool{}
	for _, l := range links {
		for _, id := range append(l.Parents, l.Replaces...) {
			inner[id] = true
		}
		for _, in := range l.Inputs {
			for _, id := range in.From {
				inner[id] = true
			}
		}
	}
	var out []string
	for _, l := range links {
		if !inner[l.ID] {
			out = append(out, l.ID)
		}
	}
	return out
}

// parseChain parses the provenance in a document's metadata.
func parseChain(text string) ([]link, error) {
	var raw []json.RawMessage
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return nil, fmt.Errorf("provenance is not a JSON array: %w", err)
	}
	links := make([]link, len(raw))
	for i, r := range raw {
		l := &links[i]
		if err := json.Unmarshal(r, &l.entry); err != nil {
			return nil, fmt.Errorf("provenance entry %d: %w", i+1, err)
		}
		if l.ID == "" || l.Tool == "" {
			return nil, fmt.Errorf("provenance entry %d has no id or no tool", i+1)
		}
		l.raw = r
	}
	return links, nil
}

// id is the digest of an entry.
func id(e entry) string {
	e.ID = ""
	return fmt.Sprintf("%x", sha256.Sum256(encode(e)))[:12]
}

// encode is compact JSON that keeps <, > and & as they are. Strings, numbers
// and JSON that was parsed before cannot fail to encode.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
	return bytes.TrimRight(b.Bytes(), "\n")
}
