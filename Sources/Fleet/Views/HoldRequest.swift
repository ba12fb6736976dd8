/// What a person asks for with `muster hold create`; answered with the holds that came of it.
///
/// On the wire it is one flat object: `deployments` (a list of names), `selector` or `all: true`; `hosts`; `version`;
/// `reason`.
package struct HoldRequest: Hashable, Sendable {
    /// Which deployments.
    package var scope: Rollback.Scope
    /// A selector of hosts that it is narrowed to, as written; `nil` for everywhere.
    package var hosts: String?
    /// The model version whose revisions are condemned; `nil` for what is wanted now.
    package var version: String?
    /// Why.
    package var reason: String

    /// What a person asks for.
    package init(scope: Rollback.Scope, hosts: String? = nil, version: String? = nil, reason: String) {
        self.scope = scope
        self.hosts = hosts
        self.version = version
        self.reason = reason
    }
}
