// SPDX-License-Identifier: Apache-2.0
#include "vault/meters.hpp"

namespace sonde::vault {

meters::meters(const host& on)
    : status_events(on.make_counter("vault.status.events", "{event}", "States told")),
      status_changes(on.make_counter("vault.status.changes", "{event}", "States told because of a change")),
      answers(on.make_gauge("vault.answers", "1", "1 while the server answers")),
      sealed(on.make_gauge("vault.sealed", "1", "1 while the server is sealed")),
      active(on.make_gauge("vault.active", "1", "1 while the server is the active one")),
      token_accepted(on.make_gauge("vault.token.accepted", "1", "1 while the server accepts the token")),
      token_ttl(on.make_gauge("vault.token.ttl", "s", "Time that the token had left when it was looked at last")),
      token_renewals(on.make_counter("vault.token.renewals", "{renewal}", "Renewals of the token")),
      token_failures(on.make_counter("vault.token.failures", "{failure}", "Renewals that failed")),
      token_refusals(on.make_counter("vault.token.refusals", "{refusal}", "Times the server refused the token")),
      token_changes(on.make_counter("vault.token.changes", "{change}", "Times another token was in the file")),
      metric_samples(on.make_counter("vault.metrics.samples", "{sample}", "Samples of the server's metrics")),
      metric_failures(
          on.make_counter("vault.metrics.failures", "{failure}", "Pages of metrics that could not be used")),
      audit_from_files(on.make_counter("vault.audit.entries", "{entry}", "Audit entries told", {{"source", "file"}})),
      audit_from_sockets(
          on.make_counter("vault.audit.entries", "{entry}", "Audit entries told", {{"source", "socket"}})),
      audit_bytes(on.make_counter("vault.audit.bytes", "By", "Bytes of the entries that were read")),
      audit_malformed(on.make_counter("vault.audit.malformed", "{entry}", "Lines that are no audit entry")),
      audit_too_long(on.make_counter("vault.audit.too_long", "{entry}", "Entries beyond audit_entry_limit")),
      audit_withheld(on.make_counter("vault.audit.withheld", "{value}",
                                     "Values that are neither known to be harmless nor an HMAC")),
      audit_hmac_left_out(
          on.make_counter("vault.audit.hmac.left_out", "{value}", "HMACs beyond audit_hmac_fields of an entry")),
      audit_waits(on.make_counter("vault.audit.waits", "{wait}", "Times reading waited because the lane was full")),
      audit_lost(on.make_counter("vault.audit.lost", "{entry}", "Entries from sockets for which the lane had no room")),
      audit_lag(on.make_gauge("vault.audit.lag", "ns", "Age of the entry that was told last, when it was told")),
      connections(on.make_gauge("vault.audit.connections", "{connection}", "Connections of socket audit devices")),
      connections_accepted(
          on.make_counter("vault.audit.connections.accepted", "{connection}", "Connections that were taken")),
      connections_refused(
          on.make_counter("vault.audit.connections.refused", "{connection}", "Connections beyond audit_connections")),
      file_rotations(on.make_counter("vault.audit.files.rotations", "{rotation}", "Rotations by rename")),
      file_truncations(on.make_counter("vault.audit.files.truncations", "{truncation}", "Truncations")),
      file_lost_generations(on.make_counter("vault.audit.files.lost_generations", "{file}",
                                            "Files that were gone before they were known to be read to their end")),
      file_lost_bytes(
          on.make_counter("vault.audit.files.lost_bytes", "By", "Bytes truncated away before they were read")),
      positions_saved(on.make_counter("vault.audit.positions.saved", "{position}", "Positions saved")),
      position_failures(
          on.make_counter("vault.audit.positions.failures", "{failure}", "Positions that could not be saved")),
      positions_lost(on.make_counter("vault.audit.positions.lost", "{position}", "Saved positions that were corrupt")),
      host_(on) {}

void meters::count_request(std::string_view what, std::string_view result) const {
    std::pair<std::string, std::string> wanted(what, result);
    auto found = requests_.find(wanted);
    if (found == requests_.end()) {
        const counter made = host_.make_counter("vault.requests", "{request}", "Requests by their outcome",
                                                {{"what", what}, {"outcome", result}});
        found = requests_.emplace(std::move(wanted), made).first;
    }
    found->second.add();
}

}  // namespace sonde::vault
