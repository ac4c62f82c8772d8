// SPDX-License-Identifier: Apache-2.0
// The options of the systemd collector: the table that the host validates against, and the typed values.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <sonde/collecting/position_store/options.hpp>
#include <sonde/option.hpp>
#include <sonde/settings.hpp>

namespace sonde::systemd {

inline constexpr const char* storage_names[] = {"any", "volatile", "persistent", nullptr};
inline constexpr const char* begin_names[] = {"end", "boot", "oldest", nullptr};
inline constexpr const char* priority_names[] = {"emerg",  "alert", "crit",  "err",  "warning",
                                                 "notice", "info",  "debug", nullptr};

inline constexpr std::array own_options{
    option("units", option_type::boolean).defaults("true").explained("Follow units and jobs over D-Bus"),
    option("bus_address", option_type::string)
        .explained("Address of the bus that systemd is on",
                   "By default the system bus, and where there is none, systemd's own socket (root only). An address "
                   "that ends in /systemd/private is taken for such a socket."),
    option("unit_names", option_type::list)
        .explained("Patterns of names of units that are told; by default all", "With * ? and [], as in a shell."),
    option("exclude_units", option_type::list).explained("Patterns of names of units that are left out"),
    option("unit_types", option_type::list)
        .defaults("service,socket,timer,mount,automount,swap,path")
        .explained("Types of units that are told", "Also target, slice, scope and device."),
    option("unit_states", option_type::list)
        .defaults("active,inactive,failed,maintenance")
        .explained("States of which a unit is told when it enters them",
                   "Also activating, deactivating and reloading, which are passed through. A unit that waits for its "
                   "restart after a failure counts as failed."),
    option("unit_results", option_type::list)
        .explained("Results with which a unit is told; by default all", "Such as success, exit-code, signal, timeout."),
    option("unit_loads", option_type::boolean)
        .defaults("false")
        .explained("Also tell when units are loaded and unloaded without having run"),
    option("sample_interval", option_type::duration)
        .defaults("60s")
        .range("0s", "24h")
        .explained("Time between two readings of memory, CPU time and tasks of active units; 0s: only at start"),
    option("unit_limit", option_type::integer)
        .defaults("4096")
        .range("16", "1048576")
        .in_unit("{unit}")
        .explained("Most units that are remembered at once"),
    option("journal", option_type::boolean).defaults("true").explained("Read the journal"),
    option("journal_directory", option_type::path)
        .explained("Directory with journal files; by default this machine's journal",
                   "The agent in a container points it at the mount of the host's /var/log/journal.")
        .excludes("journal_namespace"),
    option("journal_namespace", option_type::string).explained("Namespace of the journal, as LogNamespace= names it"),
    option("journal_storage", option_type::enumeration)
        .one_of(storage_names)
        .defaults("any")
        .explained("Which of this machine's journals are read: those in /run, those in /var/log, or both",
                   "Journals of other machines, such as collected ones, are read with journal_directory."),
    option("journal_units", option_type::list)
        .explained("Patterns of names of units whose entries are read; by default all",
                   "Entries by a unit and entries about it. Names without * ? and [] are looked up in the index."),
    option("journal_exclude_units", option_type::list)
        .explained("Patterns of names of units whose entries are left out"),
    option("journal_priority", option_type::enumeration)
        .one_of(priority_names)
        .defaults("debug")
        .explained("Least important priority that is read",
                   "With anything but debug, entries without one are left out."),
    option("journal_matches", option_type::list)
        .explained("Terms FIELD=value that entries fulfil",
                   "The same field twice means either, different fields mean both, + between terms means either side, "
                   "as for journalctl."),
    option("journal_fields", option_type::list)
        .explained("Further fields that are told; by default all", "Those with a place of their own always are."),
    option("field_limit", option_type::bytes)
        .defaults("64KiB")
        .range("256B", "2MiB")
        .explained("Bytes of a field that are told; the rest is cut and the field marked"),
    option("entry_limit", option_type::bytes)
        .defaults("448KiB")
        .range("1KiB", "3MiB")
        .explained("Bytes of an entry that are told; further fields are cut or left out, which is marked",
                   "Stay below half of the host's record limit."),
    option("begin", option_type::enumeration)
        .one_of(begin_names)
        .defaults("end")
        .explained("Where to begin when no position is known: at new entries, at those of this boot, or at all"),
};
inline constexpr auto option_table = collecting::position_store::with_positions(own_options, "systemd");

enum class journal_storage : std::uint8_t { any, runtime, persistent };
enum class begin_at : std::uint8_t { end, boot, oldest };
inline constexpr std::uint32_t least_important = 7;  // LOG_DEBUG

struct unit_options {
    bool is_on = false;
    std::string address;  // empty: the usual places
    std::vector<std::string> names;
    std::vector<std::string> excluded;
    std::vector<std::string> types;
    std::vector<std::string> states;
    std::vector<std::string> results;
    bool tells_loads = false;
    std::chrono::nanoseconds sample_interval{};
    std::size_t limit = 0;
};

struct journal_options {
    bool is_on = false;
    std::string directory;  // empty: this machine's
    std::string name_space;
    journal_storage storage = journal_storage::any;
    std::vector<std::string> units;
    std::vector<std::string> excluded;
    std::uint32_t priority = least_important;
    std::vector<std::string> matches;
    std::vector<std::string> fields;  // sorted
    std::size_t field_limit = 0;
    std::size_t entry_limit = 0;
    begin_at begin = begin_at::end;
    collecting::position_store::keeper_settings position;
};

struct option_values {
    unit_options units;
    journal_options journal;
};

// Fails on values that contradict each other or that systemd would not take.
[[nodiscard]] result<option_values> read_options(const settings& values);

}  // namespace sonde::systemd
