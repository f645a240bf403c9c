package exchange

// What a document with a structure may ask of us.
const (
	maxXML      = 64 << 20        // bytes of an XML document
	maxTokens   = 8 << 20         // of an XML document
	maxContent  = 64 << 10        // bytes of text in one XML element; a list of values may stand there
	maxWrapping = 8               // nesting of lists and objects around a MISP event
	maxSeconds  = 253_402_300_800 // of a Unix time: the year 10000
)
