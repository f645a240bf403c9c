// Package feedtest has servers for tests that fetch feeds: a MISP instance and a
// TAXII 2.1 server, each small and written from its specification, an HTTP
// server that lies, and certificates of every kind of wrong. Only tests import it.
//
//	m := feedtest.NewMISP("key")
//	m.Add(feedtest.Attribute{Type: "domain", Value: "c2.example"})
//	url := feedtest.Start(t, m)
//
// All listen on the loopback interface and end with the test. They keep what
// they were asked, so that a test can also look at the questions. They do as
// much as a client of this program asks for, and are no reference: MISP follows
// its OpenAPI document, TAXII sections 3 to 5 of the OASIS Standard of 10 June
// 2021. Whatever a test cannot set up ends it.
package feedtest
