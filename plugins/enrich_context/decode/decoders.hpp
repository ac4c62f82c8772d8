// SPDX-License-Identifier: Apache-2.0
// The decoders by content type. Each is given a cleared `decoded` whose subject holds what the envelope says, and whose
// domain and body are those of its row in the registry; it never reads beyond the payload.
#pragma once

#include <sonde/schema/batch.hpp>
#include <sonde/wire.hpp>

#include "enrich_context/decode/decoded.hpp"

namespace sonde::enrich_context::decode {

verdict process_event(const schema::envelope_view& from, decoded& to);
verdict connection_event(const schema::envelope_view& from, decoded& to);
verdict dns_event(const schema::envelope_view& from, decoded& to);
verdict http_event(const schema::envelope_view& from, decoded& to);
verdict oom_kill(const schema::envelope_view& from, decoded& to);
verdict signal_event(const schema::envelope_view& from, decoded& to);
verdict tcp_send(const schema::envelope_view& from, decoded& to);
verdict connect_call(const schema::envelope_view& from, decoded& to);
verdict file_open(const schema::envelope_view& from, decoded& to);
verdict network_namespace_event(const schema::envelope_view& from, decoded& to);
verdict kubernetes_object(const schema::envelope_view& from, decoded& to);
verdict kubelet_event(const schema::envelope_view& from, decoded& to);
verdict kubelet_stats(const schema::envelope_view& from, decoded& to);
verdict container_event(const schema::envelope_view& from, decoded& to);
verdict systemd_unit(const schema::envelope_view& from, decoded& to);
verdict systemd_job(const schema::envelope_view& from, decoded& to);
verdict journal_entry(const schema::envelope_view& from, decoded& to);
verdict host_event(const schema::envelope_view& from, decoded& to);
verdict metric_set(const schema::envelope_view& from, decoded& to);
verdict cni_event(const schema::envelope_view& from, decoded& to);
verdict etcd_event(const schema::envelope_view& from, decoded& to);
verdict etcd_status(const schema::envelope_view& from, decoded& to);
verdict vault_status(const schema::envelope_view& from, decoded& to);
verdict vault_audit(const schema::envelope_view& from, decoded& to);

// Walks all fields of a message: `each(field)` for those whose wire type fits is the caller's business. False if the
// message is malformed.
template <class Each>
[[nodiscard]] bool walk(std::span<const std::uint8_t> message, Each&& each) {
    wire::reader in(message);
    while (const auto field = in.next()) {
        each(*field);
    }
    return !in.failed();
}

}  // namespace sonde::enrich_context::decode
