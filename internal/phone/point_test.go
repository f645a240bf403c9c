package phone_test

import (
	"testing"

	"tinycheck/internal/phone"
)

// talk makes a conversation of what is said; "<" is before what the server says.
func talk(said ...string) *phone.Conversation {
	c := &phone.Conversation{End: phone.EndClosed}
	for _, s := range said {
		l := phone.Line{Server: s[0] == '<'}
		if l.Server {
			s = s[1:]
		}
		l.Data = []byte(s)
		c.Lines = append(c.Lines, l)
	}
	return c
}

func TestWhichConversationThisIs(t *testing.T) {
	one, other, twin := talk("hello", "world", "<a"), talk("hello", "there", "<b"), talk("hello", "world", "<c")
	banner, silent := talk("<220 ready", "quit"), talk("never")
	silent.End = phone.EndUnanswered
	type step struct {
		said string
		last bool
		want *phone.Conversation
		more bool
	}
	cases := []struct {
		name  string
		talks []*phone.Conversation
		steps []step
	}{
		{"by what is said", []*phone.Conversation{one, other}, []step{
			{"", false, nil, true}, {"hel", false, nil, true}, {"hello", false, nil, true}, {"hellot", false, other, false}, {"helloworld", false, one, false},
			{"goodbye", false, nil, false},
		}},
		{"the only one, from its first line on", []*phone.Conversation{one}, []step{{"hell", false, nil, true}, {"hello", false, one, false}}},
		{"twins by turns", []*phone.Conversation{one, twin}, []step{
			{"helloworld", false, one, false}, {"helloworld", false, twin, false}, {"helloworld", false, one, false},
		}},
		{"whatever there is, at last", []*phone.Conversation{one, twin}, []step{{"hellowor", false, nil, true}, {"hellowor", true, one, false}}},
		{"the server begins", []*phone.Conversation{banner}, []step{{"", false, banner, false}}},
		{"nobody ever answered", []*phone.Conversation{silent}, []step{{"never", true, nil, false}}},
	}
	for _, c := range cases {
		p := phone.NewPoint(c.talks...)
		for i, s := range c.steps {
			if got, more := p.Choose(s.said, s.last); got != s.want || more != s.more {
				t.Errorf("%s, step %d: %v, more %v", c.name, i, got, more)
			}
		}
	}
}

func TestTheSameDatagramAgain(t *testing.T) {
	one, other := talk("ping", "<1", "ping", "<2"), talk("open", "<3", "ping", "<4")
	m := phone.NewMemory(one, other)
	steps := []struct {
		peer, said string
		talk       *phone.Conversation
		line       int
		fresh      bool
	}{
		{"a", "ping", one, 0, true},
		{"a", "ping", one, 2, false},
		{"a", "ping", one, 0, false}, // from the beginning
		{"b", "open", other, 0, true},
		{"b", "ping", other, 2, false},
		{"c", "ping", one, 0, true},
		{"c", "pong", nil, 0, false},
	}
	for i, s := range steps {
		if c, line, fresh := m.Find(s.peer, s.said); c != s.talk || line != s.line || fresh != s.fresh {
			t.Errorf("step %d: %v line %d, fresh %v", i, c, line, fresh)
		}
	}
}
