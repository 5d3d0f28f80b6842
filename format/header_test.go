package format

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

const one = `"data_offsets":[0,1],"dtype":"U8","shape":[1]`

// hostileHeaders must not pass, in a stream or as foreign input.
func hostileHeaders() map[string]hostileHeader {
	many := make([]string, 4097)
	for i := range many {
		many[i] = fmt.Sprintf(`"%d":{"data_offsets":[0,0],"dtype":"U8","shape":[0]}`, i)
	}
	return map[string]hostileHeader{
		"array":                     {`[]      `, "does not start with {"},
		"number":                    {`1       `, "does not start with {"},
		"space first":               {` {}`, "does not start with {"},
		"BOM first":                 {"\xef\xbb\xbf{}", "does not start with {"},
		"unclosed":                  {`{`, "ends where"},
		"unclosed tensor":           {`{"a":{` + one + `}`, "ends where"},
		"unclosed string":           {`{"a`, "inside a string"},
		"unclosed escape":           {`{"a\`, "unknown escape"},
		"closed twice":              {`{}}`, "only spaces"},
		"two objects":               {`{}{}`, "only spaces"},
		"newline after":             {"{}\n", "only spaces"},
		"NUL after":                 {"{}\x00", "only spaces"},
		"comma last":                {`{"a":{` + one + `},}`, "'\"'"},
		"comma first":               {`{,"a":{` + one + `}}`, "'\"'"},
		"no comma":                  {`{"a":{` + one + `}"b":{` + one + `}}`, "'}'"},
		"no colon":                  {`{"a"{` + one + `}}`, "':'"},
		"bare key":                  {`{a:{` + one + `}}`, "'\"'"},
		"single quotes":             {`{'a':{` + one + `}}`, "'\"'"},
		"comment":                   {`{/**/}`, "'\"'"},
		"form feed as space":        {"{\f}", "'\"'"},
		"no-break space":            {"{\u00a0}", "'\"'"},
		"duplicate tensor":          {`{"a":{` + one + `},"a":{` + one + `}}`, `duplicate key "a"`},
		"escaped duplicate tensor":  {`{"a":{` + one + `},"\u0061":{` + one + `}}`, `duplicate key "a"`},
		"duplicate metadata":        {`{"__metadata__":{},"__metadata__":{}}`, "duplicate key"},
		"escaped second metadata":   {`{"__metadata__":{},"\u005f_metadata__":{}}`, "duplicate key"},
		"duplicate metadata key":    {`{"__metadata__":{"k":"a","k":"a"}}`, "duplicate key"},
		"escaped metadata key":      {`{"__metadata__":{"k":"a","\u006B":"a"}}`, "duplicate key"},
		"duplicate dtype":           {`{"a":{"dtype":"U8",` + one + `}}`, "duplicate key"},
		"duplicate shape":           {`{"a":{` + one + `,"shape":[1]}}`, "duplicate key"},
		"duplicate offsets":         {`{"a":{` + one + `,"data_offsets":[0,1]}}`, "duplicate key"},
		"escaped duplicate dtype":   {`{"a":{` + one + `,"\u0064type":"U8"}}`, "duplicate key"},
		"metadata is a tensor":      {`{"__metadata__":{` + one + `}}`, "'\"'"},
		"metadata is a list":        {`{"__metadata__":[]}`, "'{'"},
		"metadata is null":          {`{"__metadata__":null}`, "'{'"},
		"metadata has a number":     {`{"__metadata__":{"a":1}}`, "'\"'"},
		"metadata has an object":    {`{"__metadata__":{"a":{}}}`, "'\"'"},
		"tensor is null":            {`{"a":null}`, "'{'"},
		"tensor is a list":          {`{"a":[]}`, "'{'"},
		"tensor is empty":           {`{"a":{}}`, "needs dtype"},
		"no dtype":                  {`{"a":{"data_offsets":[0,1],"shape":[1]}}`, "needs dtype"},
		"no shape":                  {`{"a":{"data_offsets":[0,1],"dtype":"U8"}}`, "needs dtype"},
		"no offsets":                {`{"a":{"dtype":"U8","shape":[1]}}`, "needs dtype"},
		"unknown key":               {`{"a":{` + one + `,"strides":[1]}}`, "unknown key"},
		"other case":                {`{"a":{"Data_Offsets":[0,1],"dtype":"U8","shape":[1]}}`, "unknown key"},
		"unknown dtype":             {`{"a":{"data_offsets":[0,1],"dtype":"F8_E4M3","shape":[1]}}`, "F8_E4M3"},
		"lower-case dtype":          {`{"a":{"data_offsets":[0,1],"dtype":"u8","shape":[1]}}`, "dtype"},
		"dtype with a space":        {`{"a":{"data_offsets":[0,1],"dtype":"U8 ","shape":[1]}}`, "dtype"},
		"dtype is a number":         {`{"a":{"data_offsets":[0,1],"dtype":8,"shape":[1]}}`, "'\"'"},
		"shape is a number":         {`{"a":{"data_offsets":[0,1],"dtype":"U8","shape":1}}`, "'['"},
		"shape is null":             {`{"a":{"data_offsets":[0,1],"dtype":"U8","shape":null}}`, "'['"},
		"negative dimension":        {`{"a":{"data_offsets":[0,1],"dtype":"U8","shape":[-1]}}`, "plain integer"},
		"plus sign":                 {`{"a":{"data_offsets":[0,1],"dtype":"U8","shape":[+1]}}`, "plain integer"},
		"fraction":                  {`{"a":{"data_offsets":[0,1],"dtype":"U8","shape":[1.0]}}`, "']'"},
		"exponent":                  {`{"a":{"data_offsets":[0,1],"dtype":"U8","shape":[1e0]}}`, "']'"},
		"leading zero":              {`{"a":{"data_offsets":[0,1],"dtype":"U8","shape":[01]}}`, "leading zero"},
		"minus zero":                {`{"a":{"data_offsets":[-0,1],"dtype":"U8","shape":[1]}}`, "plain integer"},
		"quoted number":             {`{"a":{"data_offsets":[0,1],"dtype":"U8","shape":["1"]}}`, "plain integer"},
		"NaN":                       {`{"a":{"data_offsets":[0,1],"dtype":"U8","shape":[NaN]}}`, "plain integer"},
		"trailing comma in shape":   {`{"a":{"data_offsets":[0,1],"dtype":"U8","shape":[1,]}}`, "plain integer"},
		"nested shape":              {`{"a":{"data_offsets":[0,1],"dtype":"U8","shape":[[1]]}}`, "plain integer"},
		"2^64":                      {`{"a":{"data_offsets":[0,1],"dtype":"U8","shape":[18446744073709551616]}}`, "64 bits"},
		"2^63":                      {`{"a":{"data_offsets":[0,1],"dtype":"U8","shape":[9223372036854775808]}}`, "too large"},
		"product wraps to -4":       {`{"a":{"data_offsets":[0,18446744073709551612],"dtype":"U8","shape":[2,18446744073709551614]}}`, "too large"},
		"product wraps to 0":        {`{"a":{"data_offsets":[0,0],"dtype":"U8","shape":[4294967296,4294967296]}}`, "overflows"},
		"product wraps to 1":        {`{"a":{"data_offsets":[0,1],"dtype":"U8","shape":[274177,67280421310721]}}`, "overflows"},
		"bytes wrap to 0":           {`{"a":{"data_offsets":[0,0],"dtype":"F64","shape":[2305843009213693952]}}`, "overflows"},
		"zero hides an overflow":    {`{"a":{"data_offsets":[0,0],"dtype":"U8","shape":[4294967296,4294967296,0]}}`, "overflows"},
		"zero first, then overflow": {`{"a":{"data_offsets":[0,0],"dtype":"U8","shape":[0,4294967296,4294967296]}}`, "overflows"},
		"rank 9":                    {`{"a":{"data_offsets":[0,1],"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1]}}`, "8 dimensions"},
		"one offset":                {`{"a":{"data_offsets":[0],"dtype":"U8","shape":[1]}}`, "1 numbers"},
		"no offset":                 {`{"a":{"data_offsets":[],"dtype":"U8","shape":[1]}}`, "0 numbers"},
		"three offsets":             {`{"a":{"data_offsets":[0,1,1],"dtype":"U8","shape":[1]}}`, "more than two"},
		"offsets reversed":          {`{"a":{"data_offsets":[1,0],"dtype":"U8","shape":[1]}}`, "needs 1 bytes"},
		"offsets too far apart":     {`{"a":{"data_offsets":[0,2],"dtype":"U8","shape":[1]}}`, "needs 1 bytes"},
		"offsets for elements":      {`{"a":{"data_offsets":[0,1],"dtype":"F32","shape":[1]}}`, "needs 4 bytes"},
		"hole before":               {`{"a":{"data_offsets":[1,2],"dtype":"U8","shape":[1]}}`, "hole or overlap"},
		"hole between":              {`{"a":{` + one + `},"b":{"data_offsets":[2,3],"dtype":"U8","shape":[1]}}`, "hole or overlap"},
		"overlap":                   {`{"a":{"data_offsets":[0,2],"dtype":"U8","shape":[2]},"b":{"data_offsets":[1,3],"dtype":"U8","shape":[2]}}`, "hole or overlap"},
		"the same bytes":            {`{"a":{` + one + `},"b":{` + one + `}}`, "hole or overlap"},
		"empty tensor inside":       {`{"a":{"data_offsets":[0,2],"dtype":"U8","shape":[2]},"b":{"data_offsets":[1,1],"dtype":"U8","shape":[0]}}`, "hole or overlap"},
		"empty tensor outside":      {`{"a":{"data_offsets":[7,7],"dtype":"U8","shape":[0]}}`, "hole or overlap"},
		"lone high surrogate":       {`{"\ud800":{` + one + `}}`, "lone surrogate"},
		"lone low surrogate":        {`{"\udc00":{` + one + `}}`, "lone surrogate"},
		"reversed surrogates":       {`{"\udc00\ud800":{` + one + `}}`, "lone surrogate"},
		"two high surrogates":       {`{"\ud800\ud800":{` + one + `}}`, "lone surrogate"},
		"high surrogate, text":      {`{"\ud800x":{` + one + `}}`, "lone surrogate"},
		"surrogate in metadata":     {`{"__metadata__":{"a":"\uDFFF"}}`, "lone surrogate"},
		"surrogate as UTF-8":        {"{\"\xed\xa0\x80\":{" + one + "}}", "UTF-8"},
		"overlong UTF-8":            {"{\"\xc0\xaf\":{" + one + "}}", "UTF-8"},
		"cut UTF-8":                 {"{\"\xe2\x82\":{" + one + "}}", "UTF-8"},
		"beyond Unicode":            {"{\"\xf4\x90\x80\x80\":{" + one + "}}", "UTF-8"},
		"UTF-8 in metadata":         {"{\"__metadata__\":{\"a\":\"\xff\"}}", "UTF-8"},
		"UTF-8 in dtype":            {"{\"a\":{\"data_offsets\":[0,1],\"dtype\":\"\xff\",\"shape\":[1]}}", "UTF-8"},
		"control character":         {"{\"\x1b[31m\":{" + one + "}}", "control character"},
		"newline in a string":       {"{\"a\nb\":{" + one + "}}", "control character"},
		"unknown escape":            {`{"\x41":{` + one + `}}`, "unknown escape"},
		"escaped escape character":  {"{\"\\\x1b\":{" + one + "}}", "unknown escape"},
		"short \\u":                 {`{"\u41":{` + one + `}}`, "bad \\u escape"},
		"name of 256 bytes":         {`{"` + strings.Repeat("n", 256) + `":{` + one + `}}`, "256 bytes"},
		"4097 tensors":              {"{" + strings.Join(many, ",") + "}", "more than 4096 tensors"},
		"deep nesting":              {`{"a":` + strings.Repeat(`{"a":`, 10000), "unknown key"},
	}
}

type hostileHeader struct{ json, says string }

func TestHostileHeaders(t *testing.T) {
	for name, c := range hostileHeaders() {
		t.Run(name, func(t *testing.T) {
			h := head(c.json)
			if strings.HasPrefix(c.says, "only spaces") {
				h = append(h[:8:8], c.json...) // without padding
				h[0] = byte(len(c.json))
			}
			wantError(t, join(begin, stored(h), stored([]byte{0}), endOne(len(h)+1)), c.says)
			if h[8] == '{' {
				wantError(t, append(h, 0), c.says)
			}
		})
	}
}

// Headers that look odd but are legal.
func TestLegalHeaders(t *testing.T) {
	for name, c := range map[string]struct{ json, tensor string }{
		"spaces after":         {`{"a":{` + one + `}}        `, "a"},
		"white space inside":   {"{ \"a\"\t:\r\n{ " + strings.ReplaceAll(one, ",", " , ") + "} }", "a"},
		"other key order":      {`{"a":{"shape":[1],"dtype":"U8","data_offsets":[0,1]}}`, "a"},
		"metadata last":        {`{"a":{` + one + `},"__metadata__":{"x":"y"}}`, "a"},
		"surrogate pair":       {`{"\ud83c\udf3c":{` + one + `}}`, "🌼"},
		"escapes":              {`{"\"\\\/\b\f\n\r\t\u00e9":{` + one + `}}`, "\"\\/\b\f\n\r\té"},
		"escaped NUL":          {`{"a\u0000":{` + one + `}}`, "a\x00"},
		"empty name":           {`{"":{` + one + `}}`, ""},
		"name of 255 bytes":    {`{"` + strings.Repeat("n", 255) + `":{` + one + `}}`, strings.Repeat("n", 255)},
		"rank 8":               {`{"a":{"data_offsets":[0,1],"dtype":"U8","shape":[1,1,1,1,1,1,1,1]}}`, "a"},
		"scalar":               {`{"a":{"data_offsets":[0,1],"dtype":"U8","shape":[]}}`, "a"},
		"tensors out of order": {`{"b":{"data_offsets":[1,1],"dtype":"U8","shape":[0]},"a":{` + one + `}}`, "a"},
		"replacement char":     {`{"` + "\ufffd" + `":{` + one + `}}`, "\ufffd"},
	} {
		t.Run(name, func(t *testing.T) {
			h := head(c.json)
			for kind, in := range map[string][]byte{
				"stream":  join(begin, stored(h), stored([]byte{7}), endOne(len(h)+1)),
				"foreign": join(h, []byte{7}),
			} {
				docs, err := readAll(bytes.NewReader(in), Limits{})
				if err != nil {
					t.Fatalf("%s: %v", kind, err)
				}
				if x := docs[0].Tensor(c.tensor); x == nil || !bytes.Equal(x.Data, []byte{7}) {
					t.Errorf("%s: %+v", kind, docs[0])
				}
			}
		})
	}
}
