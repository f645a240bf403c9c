package child

// For the tests.
var (
	OnOwnThread = onOwnThread
	Covers      = covers
)

const (
	MaxLine = maxLine
	MaxTail = maxTail
)

// Lines cuts output as it comes into lines.
func Lines(give func(string), chunks ...[]byte) {
	l := &lines{give: give}
	for _, c := range chunks {
		l.Write(c)
	}
	l.end()
}
