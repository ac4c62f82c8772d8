// SPDX-License-Identifier: Apache-2.0
// Plays a recording through enrichers, in the recording's time, and prints what they publish. Used by one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <sonde/abi/component.h>
#include <sonde/result.hpp>
#include <sonde/schema/batch.hpp>
#include <sonde/schema/json.hpp>
#include <sonde/schema/text.hpp>

#include "cli/replay_host.hpp"

namespace sonde::cli {

// What an enricher that is to be played is called, and what it hears.
struct played_component {
    const sonde_component* table = nullptr;
    std::vector<std::string> topics;
    std::string type;
    std::string name;
};

class played_instance;

class player final {
public:
    using printer = std::variant<schema::json_printer, schema::text_printer>;

    // Prints topics that begin with `topic`.
    player(printer with, std::string topic);
    ~player();

    // Before the first batch: when the recording begins, and of which node it tells.
    void begin(const sonde_batch_header& first, std::string node_name);
    [[nodiscard]] result<void> add(const played_component& added, const sonde_config& values);
    // One record of the recording, at its own time.
    [[nodiscard]] result<void> play(std::span<const std::uint8_t> record);
    // Lets go of all that is held back, and stops.
    [[nodiscard]] result<void> end();

private:
    [[nodiscard]] result<void> wait_until(std::int64_t time);
    [[nodiscard]] result<void> pass_on(const replayed_batch_ptr& batch);
    [[nodiscard]] result<void> spread(played_instance& from);
    void print(replayed_batch& batch);

    replay_clock clock_;
    printer printer_;
    const std::string topic_;
    std::string node_name_;
    std::vector<std::unique_ptr<played_instance>> instances_;
    schema::batch_reader reader_;
};

}  // namespace sonde::cli
