// SPDX-License-Identifier: Apache-2.0
// The options of a collector that keeps positions: the same four, with the same texts, at the end of its own table.
#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include <sonde/collecting/position_store/keeper.hpp>
#include <sonde/option.hpp>
#include <sonde/settings.hpp>

namespace sonde::collecting::position_store {

// `own` and the four; `name` is the default of the file's.
template <std::size_t count>
[[nodiscard]] constexpr std::array<option, count + 4> with_positions(const std::array<option, count>& own,
                                                                     const char* name) noexcept {
    return [&]<std::size_t... at>(std::index_sequence<at...>) {
        return std::array<option, count + 4>{
            own[at]...,
            option("state_dir", option_type::path)
                .defaults("/var/lib/sonde")
                .explained("Where is kept how far was read; it is made if its parent exists"),
            option("state_name", option_type::string)
                .defaults(name)
                .explained("Name of the file there", "Each instance that keeps a position needs its own."),
            option("state_sync", option_type::boolean)
                .defaults("true")
                .explained("Bring each saved position to the disk, for the case of a power failure"),
            option("settle", option_type::duration)
                .defaults("2s")
                .range("0s", "10m")
                .explained("Time after which what was published is taken for delivered, and the position saved",
                           "After a crash of the agent, what was published in this time comes again, with the same "
                           "event ids. At a stop the position is exact."),
        };
    }(std::make_index_sequence<count>{});
}

[[nodiscard]] inline keeper_settings read_positions(const settings& values) {
    return {std::string(values.text("state_dir")), std::string(values.text("state_name")), values.boolean("state_sync"),
            values.duration("settle")};
}

}  // namespace sonde::collecting::position_store
