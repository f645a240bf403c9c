package library

// The readers of the compiled-in files, for tests with broken ones.
var (
	ParseContext   = parseContext
	ParseCatalogue = parseCatalogue
	ParseFamilies  = func(text string) error { _, err := parseFamilies(text); return err }
)
