// SPDX-License-Identifier: Apache-2.0
// Writes one entry of the journal as sonde.v1.JournalEntry, field by field as the journal hands them out, straight into
// the room that the lane gave. Values are bytes: any size, any content, the same name several times.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/wire.hpp>

#include "systemd/cursor.hpp"
#include "systemd/options.hpp"
#include "systemd/schema.hpp"

namespace sonde::systemd {

// What became of the entry that was built last.
struct entry_facts {
    std::optional<std::uint32_t> priority;
    std::uint32_t pid = 0;
    std::uint64_t bytes = 0;  // of all fields, with their names, as far as they were read
    std::uint32_t truncated_fields = 0;
    std::uint32_t left_out_fields = 0;
};

class entry_builder {
public:
    explicit entry_builder(const journal_options& of)
        : fields_(of.fields), field_limit_(of.field_limit), entry_limit_(of.entry_limit) {}

    void begin(wire::writer& out, const entry_place& at, std::string_view cursor);
    // One field as the journal has it: "NAME=value".
    void add(std::string_view data);
    void finish();

    [[nodiscard]] const entry_facts& facts() const noexcept { return facts_; }

private:
    bool add_known(std::string_view name, std::string_view value);
    bool add_number(schema::entry_field field, std::string_view value, std::optional<std::uint32_t>& kept,
                    std::uint32_t most);
    void add_message(std::string_view value);
    void add_other(std::string_view name, std::string_view value);
    bool is_first(schema::entry_field field) noexcept;
    // The part of `value` that may be told; counts a cut.
    std::string_view within_limits(std::string_view value, bool& is_cut);

    std::vector<std::string> fields_;  // sorted; empty: all
    std::size_t field_limit_;
    std::size_t entry_limit_;
    wire::writer* out_ = nullptr;
    std::size_t room_ = 0;    // what is left of entry_limit
    std::uint32_t seen_ = 0;  // bits by schema::entry_field
    entry_facts facts_;
    std::string scratch_;
};

}  // namespace sonde::systemd
