package exchange

import (
	"bytes"
	"errors"
	"io"

	"go.yaml.in/yaml/v3"
)

// readYAML reads one document as nodes, which know their lines. Aliases are
// refused: no list needs them, and a few lines of them can stand for millions
// of entries.
func readYAML(r io.Reader) (*yaml.Node, error) {
	data, err := readAll(r, maxYAML)
	if err != nil {
		return nil, err
	}
	var doc, more yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&doc); err != nil {
		return nil, damaged("YAML: %s", clip(err.Error(), maxEntry))
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, damaged("YAML: more than one document")
	}
	nodes := 0
	if err := bounded(&doc, 0, &nodes); err != nil {
		return nil, err
	}
	if doc.Kind == yaml.DocumentNode && len(doc.Content) == 1 {
		return doc.Content[0], nil
	}
	return &doc, nil
}

func bounded(n *yaml.Node, depth int, nodes *int) error {
	if *nodes++; *nodes > maxNodes || depth > maxDepth {
		return damaged("YAML, line %d: too many entries or nested too deeply", n.Line)
	}
	if n.Kind == yaml.AliasNode {
		return damaged("YAML, line %d: aliases are not taken: write the values out", n.Line)
	}
	for _, child := range n.Content {
		if err := bounded(child, depth+1, nodes); err != nil {
			return err
		}
	}
	return nil
}

// fields gives the keys and values of a mapping in their order; nothing for
// any other node.
func fields(n *yaml.Node) func(yield func(key string, value *yaml.Node) bool) {
	return func(yield func(string, *yaml.Node) bool) {
		if n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i].Value, n.Content[i+1]) {
				return
			}
		}
	}
}

// values gives the scalars of a node: of a list, or the one it is itself. What
// is neither is rejected.
func (b *book) values(n *yaml.Node, see func(v *yaml.Node)) {
	switch n.Kind {
	case yaml.ScalarNode:
		if n.Tag != "!!null" {
			see(n)
		}
	case yaml.SequenceNode:
		for _, child := range n.Content {
			if child.Kind == yaml.ScalarNode {
				see(child)
				continue
			}
			b.reject(child.Line, "", "a list or mapping where a value should stand")
		}
	default:
		b.reject(n.Line, "", "a mapping where values should stand")
	}
}
