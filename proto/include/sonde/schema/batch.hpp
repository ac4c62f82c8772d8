// SPDX-License-Identifier: Apache-2.0
// Reads a batch body (sonde.v1.EnvelopeBatch) without copying it: the resource once, then one envelope after the other.
// Unknown fields are skipped, so that bodies of older and newer writers can be read. Malformed input is counted and
// never read beyond its end. docs/formats/envelope.md describes the format.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace sonde::schema {

// What all envelopes of a batch have in common.
struct resource_view {
    std::string_view source;
    std::string_view instance;
    std::string_view node_name;
    std::uint32_t node_name_origin = 0;
    std::string_view topic;
    std::uint64_t stream_uid = 0;
    std::uint64_t first_item = 0;
    std::string_view source_version{};  // of the plugin that the source is part of
    // Of the agent on whose bus the batch is: another than node_name if the events were relayed.
    std::string_view carrier_node{};
};

// One envelope with its resource. Identifiers of a wrong size count as absent; absent ones are empty.
struct envelope_view {
    resource_view resource;
    std::uint64_t item = 0;  // index in the stream
    std::uint64_t time = 0;  // Unix ns
    std::uint32_t clock = 0;
    std::string_view content_type;
    std::uint32_t revision = 0;
    std::span<const std::uint8_t> data;
    std::span<const std::uint8_t> event_id;
    std::span<const std::uint8_t> trace_id;
    std::span<const std::uint8_t> span_id;
    std::span<const std::uint8_t> object_trace_id;
    bool snapshot = false;
    std::uint32_t pid = 0;
    std::uint64_t process_start_time = 0;  // Unix ns
    std::uint64_t cgroup_id = 0;
    std::uint32_t network_namespace = 0;
    std::string_view container_id;
    std::string_view pod_uid;
    std::string_view pod_name;
    std::string_view pod_namespace;
    std::vector<std::pair<std::string_view, std::string_view>> attributes;  // sorted, one per key
};

class SONDE_SCHEMA_API batch_reader final {
public:
    // Starts on a body, which has to outlive the walk. `first_item` and `topic`, from the header of the batch, count
    // where the resource does not name them. Of several resources, as in a relayed batch, each member of the last that
    // has it counts, as protobuf merges them.
    void open(std::span<const std::uint8_t> body, std::uint64_t first_item, std::string_view topic);

    // The next envelope that can be decoded, valid until the next call; null at the end.
    [[nodiscard]] const envelope_view* next();
    // The bytes of the envelope that `next` gave last: a sonde.v1.Envelope, a part of the body.
    [[nodiscard]] std::span<const std::uint8_t> record() const noexcept { return records_[place_ - 1]; }

    // Envelopes since `open` that could not be decoded.
    [[nodiscard]] std::uint64_t malformed() const noexcept { return malformed_; }
    // Identifiers since `open` that had a wrong size and count as absent.
    [[nodiscard]] std::uint64_t faulty_ids() const noexcept { return faulty_ids_; }
    // True if the body breaks off or its resource is damaged. How many envelopes lay behind a break, only the header
    // of the batch knows.
    [[nodiscard]] bool broken() const noexcept { return broken_; }

private:
    std::vector<std::span<const std::uint8_t>> records_;
    std::size_t place_ = 0;
    envelope_view envelope_;
    std::uint64_t malformed_ = 0;
    std::uint64_t faulty_ids_ = 0;
    bool broken_ = false;
};

}  // namespace sonde::schema
