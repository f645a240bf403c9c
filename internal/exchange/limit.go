package exchange

// What a file may ask of us.
const (
	maxText        = 256 << 20 // bytes of a line format, which is read as a stream
	maxJSON        = 64 << 20  // bytes of a JSON document, which is held in memory
	maxYAML        = 4 << 20   // bytes of a YAML document: its nodes take fifty times as much
	maxLine        = 1 << 20   // bytes of one line
	maxRecord      = 64 << 10  // bytes of a CSV record that goes over several lines
	maxRecordLines = 128       // lines of such a record: YARA rules have that many
	maxColumns     = 256       // columns of a CSV record
	maxDepth       = 64        // nesting of JSON and YAML
	maxNodes       = 1 << 20   // nodes of a YAML document
	maxEntry       = 2048      // bytes of one value; names have 253, URLs have more
	maxIndicators  = 2_000_000 // of one file; what comes after is counted as rejected
	maxRejected    = 100       // rows of Intake.Rejected
	maxReasons     = 64        // rows of Intake.Reasons, then "other"
	maxValue       = 120       // bytes of a value that is quoted in Intake.Rejected
	maxKinds       = 32        // kinds that are counted in bulk, then "other"
	maxWord        = 128       // bytes of a family, an id, a tag
	maxTags        = 16        // tags of one indicator
	maxAliases     = 8         // further names of a family that become tags
	maxPattern     = 64 << 10  // bytes of a STIX pattern
	maxNesting     = 32        // parentheses in a STIX pattern
	sampleSize     = 64 << 10  // bytes that the format is recognised by
	sampleLines    = 50        // lines that the format is recognised by
)
