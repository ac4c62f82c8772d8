// SPDX-License-Identifier: Apache-2.0
#include "systemd/options.hpp"

#include <algorithm>

#include "systemd/journal_filter.hpp"

namespace sonde::systemd {
namespace {

std::vector<std::string> list(const settings& values, std::string_view key) {
    return values.has(key) ? values.list(key) : std::vector<std::string>{};
}

std::string text(const settings& values, std::string_view key) {
    return values.has(key) ? std::string(values.text(key)) : std::string{};
}

unit_options read_units(const settings& values) {
    unit_options read;
    read.is_on = values.boolean("units");
    read.address = text(values, "bus_address");
    read.names = list(values, "unit_names");
    read.excluded = list(values, "exclude_units");
    read.types = list(values, "unit_types");
    read.states = list(values, "unit_states");
    read.results = list(values, "unit_results");
    read.tells_loads = values.boolean("unit_loads");
    read.sample_interval = values.duration("sample_interval");
    read.limit = static_cast<std::size_t>(values.integer("unit_limit"));
    return read;
}

journal_options read_journal(const settings& values) {
    journal_options read;
    read.is_on = values.boolean("journal");
    read.directory = text(values, "journal_directory");
    read.name_space = text(values, "journal_namespace");
    read.storage = static_cast<journal_storage>(values.choice("journal_storage"));
    read.units = list(values, "journal_units");
    read.excluded = list(values, "journal_exclude_units");
    read.priority = static_cast<std::uint32_t>(values.choice("journal_priority"));
    read.matches = list(values, "journal_matches");
    read.fields = list(values, "journal_fields");
    std::sort(read.fields.begin(), read.fields.end());
    read.field_limit = static_cast<std::size_t>(values.bytes("field_limit"));
    read.entry_limit = static_cast<std::size_t>(values.bytes("entry_limit"));
    read.begin = static_cast<begin_at>(values.choice("begin"));
    read.state_dir = values.text("state_dir");
    read.state_name = values.text("state_name");
    read.is_synced = values.boolean("state_sync");
    read.settle = values.duration("settle");
    return read;
}

}  // namespace

result<option_values> read_options(const settings& values) {
    option_values read{read_units(values), read_journal(values)};
    if (!read.units.is_on && !read.journal.is_on) {
        return fail(errc::invalid, "units and journal are both off: nothing is left to collect", "journal");
    }
    if (!read.journal.directory.empty() && read.journal.storage != journal_storage::any) {
        return fail(errc::invalid,
                    "it chooses among this machine's journals and has no meaning beside journal_directory",
                    "journal_storage");
    }
    if (auto usable = check_matches(read.journal.matches); !usable) {
        return std::unexpected(usable.error());
    }
    return read;
}

}  // namespace sonde::systemd
