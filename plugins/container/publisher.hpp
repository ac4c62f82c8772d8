// SPDX-License-Identifier: Apache-2.0
// Writes containers as sonde.v1.ContainerEvent into the stream of the collector. Used by the data thread.
#pragma once

#include <chrono>
#include <string>

#include <sonde/host.hpp>
#include <sonde/lane.hpp>

#include "container/facts.hpp"
#include "container/meters.hpp"
#include "container/schema.hpp"

namespace sonde::container {

inline constexpr const char* event_topic = "raw/container/";

class publisher {
public:
    publisher(const host& on, const meters& counted) : host_(on), meters_(&counted) {}

    [[nodiscard]] result<void> open();

    void publish(schema::action what, const container_row& row, bool is_snapshot);
    void publish_synced(std::size_t containers);
    // Hands over what is waiting.
    void flush();

private:
    void write(wire::writer& out, schema::action what, const container_row& row);
    void write_context(wire::writer& out, const container_facts& facts);
    void text(wire::writer& out, std::uint32_t field, std::string_view value);

    host host_;
    const meters* meters_;
    stream events_;
    bool is_waiting_ = false;
    std::string scratch_;
};

}  // namespace sonde::container
