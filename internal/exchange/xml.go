package exchange

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
)

// visitor sees the elements of an XML document: open when one begins, close
// with the text directly in it when it ends.
type visitor interface {
	open(line int, e *xml.StartElement)
	close(line int, name, text string)
}

// walkXML walks an XML document. Namespaces are not looked at: the local names
// are what the formats have in common through their versions. Document type
// declarations, and so entities of one's own, are refused: no indicator needs
// them. What stands before a damage has been seen.
func walkXML(r io.Reader, v visitor) error {
	data, err := readAll(r, maxXML)
	if err != nil {
		return err
	}
	w := xmlWalk{dec: xml.NewDecoder(bytes.NewReader(data)), visitor: v}
	for n := 0; ; n++ {
		token, err := w.dec.Token()
		line, _ := w.dec.InputPos()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return damaged("XML, line %d: %s", line, clip(err.Error(), maxValue))
		case n > maxTokens:
			return damaged("XML, line %d: more than %d tags and texts", line, maxTokens)
		}
		if err := w.token(line, token); err != nil {
			return err
		}
	}
}

type xmlWalk struct {
	visitor
	dec  *xml.Decoder
	text [][]byte // of the elements that are open
}

func (w *xmlWalk) token(line int, token xml.Token) error {
	switch t := token.(type) {
	case xml.Directive:
		return damaged("XML, line %d: a document type declaration, which no list needs", line)
	case xml.StartElement:
		if len(w.text) >= maxDepth {
			return damaged("XML, line %d: nested deeper than %d", line, maxDepth)
		}
		w.text = append(w.text, nil)
		w.open(line, &t)
	case xml.EndElement:
		last := len(w.text) - 1
		text := string(bytes.TrimSpace(w.text[last]))
		w.text = w.text[:last]
		w.close(line, t.Name.Local, text)
	case xml.CharData:
		if last := len(w.text) - 1; last >= 0 && len(w.text[last]) <= maxContent {
			w.text[last] = append(w.text[last], t[:min(len(t), maxContent)]...)
		}
	}
	return nil
}

// attribute gives an attribute by its local name.
func attribute(e *xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
