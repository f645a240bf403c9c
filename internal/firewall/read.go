package firewall

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"syscall"

	"github.com/google/nftables"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// Found is the table as the kernel has it. Sets and rules are kept as attributes:
// the library drops what it does not know without a word, and a rule to which
// somebody added a condition must not look like ours.
type found struct {
	there  bool
	flags  uint32
	chains map[string]*nftables.Chain
	rules  map[string][]foundRule
	sets   map[string]*foundSet
}

// A foundRule is the expressions of a rule.
type foundRule []attributes

type foundSet struct {
	head     attributes
	elements []attributes
}

// read gives the table as it was at one moment: when somebody changed rules
// meanwhile, it starts again.
func (l *link) read() (*found, error) {
	for range maxReads {
		before, err := l.generation()
		if err != nil {
			return nil, err
		}
		now, changed := l.readOnce()
		after, err := l.generation()
		if err != nil {
			return nil, err
		}
		if before == after {
			return now, changed
		}
	}
	return nil, errSilent
}

func (l *link) readOnce() (*found, error) {
	now := &found{chains: make(map[string]*nftables.Chain), rules: make(map[string][]foundRule), sets: make(map[string]*foundSet)}
	tables, err := l.ListTablesOfFamily(nftables.TableFamilyINet)
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		if t.Name == Table {
			now.there, now.flags = true, t.Flags
		}
	}
	if !now.there {
		return now, nil
	}
	chains, err := l.ListChainsOfTableFamily(nftables.TableFamilyINet)
	if err != nil {
		return nil, err
	}
	for _, c := range chains {
		if c.Table.Name == Table {
			now.chains[c.Name] = c
		}
	}
	return now, errors.Join(l.readSets(now), l.readRules(now))
}

func (l *link) readRules(now *found) error {
	rules, err := l.dump(unix.NFT_MSG_GETRULE, netlink.Attribute{Type: unix.NFTA_RULE_TABLE, Data: text(Table)})
	for _, r := range rules {
		if r.text(unix.NFTA_RULE_TABLE) != Table {
			continue // kernels before 4.6 list every table
		}
		steps, err := parseAll(r[unix.NFTA_RULE_EXPRESSIONS].data)
		if err != nil {
			return err
		}
		chain := r.text(unix.NFTA_RULE_CHAIN)
		now.rules[chain] = append(now.rules[chain], steps)
	}
	return err
}

func (l *link) readSets(now *found) error {
	sets, err := l.dump(unix.NFT_MSG_GETSET, netlink.Attribute{Type: unix.NFTA_SET_TABLE, Data: text(Table)})
	if err != nil {
		return err
	}
	for _, head := range sets {
		name := head.text(unix.NFTA_SET_NAME)
		s := &foundSet{head: head}
		parts, err := l.dump(unix.NFT_MSG_GETSETELEM,
			netlink.Attribute{Type: unix.NFTA_SET_ELEM_LIST_TABLE, Data: text(Table)},
			netlink.Attribute{Type: unix.NFTA_SET_ELEM_LIST_SET, Data: text(name)})
		if err != nil {
			return err
		}
		for _, p := range parts {
			list, err := parseAll(p[unix.NFTA_SET_ELEM_LIST_ELEMENTS].data)
			if err != nil {
				return err
			}
			s.elements = append(s.elements, list...)
		}
		now.sets[name] = s
	}
	return nil
}

// dump asks for a list of all things of a kind.
func (l *link) dump(kind uint16, of ...netlink.Attribute) ([]attributes, error) {
	messages, err := l.ask(kind, netlink.Dump, of...)
	list := make([]attributes, 0, len(messages))
	for _, m := range messages {
		a, err := parse(m.Data[min(len(m.Data), headerLength):])
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, err
}

// headerLength is that of struct nfgenmsg: family, version and two bytes that
// mean nothing here.
const headerLength = 4

func (l *link) ask(kind uint16, flags netlink.HeaderFlags, of ...netlink.Attribute) ([]netlink.Message, error) {
	data, err := netlink.MarshalAttributes(of)
	if err != nil {
		return nil, err
	}
	return l.raw.Execute(netlink.Message{
		Header: netlink.Header{Type: netlink.HeaderType(unix.NFNL_SUBSYS_NFTABLES<<8 | kind), Flags: netlink.Request | flags},
		Data:   slices.Concat([]byte{unix.NFPROTO_INET, 0, 0, 0}, data),
	})
}

// generation is a number that every change of any rule raises.
func (l *link) generation() (uint32, error) {
	messages, err := l.ask(unix.NFT_MSG_GETGEN, 0)
	if err != nil {
		return 0, err
	}
	for _, m := range messages {
		a, err := parse(m.Data[min(len(m.Data), headerLength):])
		if id := a[unix.NFTA_GEN_ID].data; err == nil && len(id) == 4 {
			return binary.BigEndian.Uint32(id), nil
		}
	}
	return 0, syscall.EOPNOTSUPP
}

func text(s string) []byte { return append([]byte(s), 0) }

func (a attributes) text(kind uint16) string {
	return strings.TrimRight(string(a[kind].data), "\x00")
}
