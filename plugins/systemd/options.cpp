// SPDX-License-Identifier: Apache-2.0
#include "systemd/options.hpp"

#include <algorithm>

#include "common/optional_values.hpp"
#include "systemd/journal_filter.hpp"

namespace sonde::systemd {
namespace {

using common::list_or_none;
using common::text_or_none;

unit_options read_units(const settings& values) {
    unit_options read;
    read.is_on = values.boolean("units");
    read.address = text_or_none(values, "bus_address");
    read.names = list_or_none(values, "unit_names");
    read.excluded = list_or_none(values, "exclude_units");
    read.types = list_or_none(values, "unit_types");
    read.states = list_or_none(values, "unit_states");
    read.results = list_or_none(values, "unit_results");
    read.tells_loads = values.boolean("unit_loads");
    read.sample_interval = values.duration("sample_interval");
    read.limit = static_cast<std::size_t>(values.integer("unit_limit"));
    return read;
}

journal_options read_journal(const settings& values) {
    journal_options read;
    read.is_on = values.boolean("journal");
    read.directory = text_or_none(values, "journal_directory");
    read.name_space = text_or_none(values, "journal_namespace");
    read.storage = static_cast<journal_storage>(values.choice("journal_storage"));
    read.units = list_or_none(values, "journal_units");
    read.excluded = list_or_none(values, "journal_exclude_units");
    read.priority = static_cast<std::uint32_t>(values.choice("journal_priority"));
    read.matches = list_or_none(values, "journal_matches");
    read.fields = list_or_none(values, "journal_fields");
    std::sort(read.fields.begin(), read.fields.end());
    read.field_limit = static_cast<std::size_t>(values.bytes("field_limit"));
    read.entry_limit = static_cast<std::size_t>(values.bytes("entry_limit"));
    read.begin = static_cast<begin_at>(values.choice("begin"));
    read.position = collecting::position_store::read_positions(values);
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
    if (read.journal.name_space.find('/') != std::string::npos) {
        return fail(errc::invalid, "it is a name, as LogNamespace= takes it, and no path", "journal_namespace");
    }
    if (auto usable = check_matches(read.journal.matches); !usable) {
        return std::unexpected(usable.error());
    }
    return read;
}

}  // namespace sonde::systemd
