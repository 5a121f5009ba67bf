package agentsocket

// method is the only one that the server has.
const method = "Jujuc.Main"

// service is the part of method before the dot.
const service = "Jujuc"

// Request is one call of a hook tool. The names of its fields are the protocol.
type Request struct {
	// ContextId is JUJU_CONTEXT_ID, which must be the running hook's.
	//lint:ignore ST1003 gob goes by the agent's name.
	ContextId string
	// Dir is the caller's directory, absolute.
	Dir         string
	CommandName string
	Args        []string
	// StdinSet says that Stdin is to be used, also when it is empty.
	StdinSet bool
	Stdin    []byte
	// Token is JUJU_AGENT_TOKEN, which is empty on a unix socket.
	Token string
}

// Response is what a tool answered.
type Response struct {
	Code   int
	Stdout []byte
	Stderr []byte
}
