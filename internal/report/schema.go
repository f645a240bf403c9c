package report

import _ "embed"

//go:embed schema.json
var schema []byte

// Schema is the JSON Schema (draft 2020-12) of the machine formats: what every
// key means. The caller owns the bytes.
func Schema() []byte { return append([]byte(nil), schema...) }
