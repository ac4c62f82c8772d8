// SPDX-License-Identifier: Apache-2.0
#include "host/memory_info.hpp"

#include <array>

#include "host/text.hpp"

namespace sonde::host_metrics {
namespace {

template <class Record>
struct key_of {
    std::string_view key;
    optional_count Record::* member;
};

constexpr std::array memory_keys{
    key_of<memory_info>{"MemTotal:", &memory_info::total},
    key_of<memory_info>{"MemFree:", &memory_info::free},
    key_of<memory_info>{"MemAvailable:", &memory_info::available},
    key_of<memory_info>{"Buffers:", &memory_info::buffers},
    key_of<memory_info>{"Cached:", &memory_info::cached},
    key_of<memory_info>{"Shmem:", &memory_info::shared},
    key_of<memory_info>{"SReclaimable:", &memory_info::slab_reclaimable},
    key_of<memory_info>{"SUnreclaim:", &memory_info::slab_unreclaimable},
    key_of<memory_info>{"Dirty:", &memory_info::dirty},
    key_of<memory_info>{"Committed_AS:", &memory_info::committed},
    key_of<memory_info>{"SwapTotal:", &memory_info::swap_total},
    key_of<memory_info>{"SwapFree:", &memory_info::swap_free},
};

constexpr std::array paging_keys{
    key_of<paging_counters>{"pgfault", &paging_counters::faults},
    key_of<paging_counters>{"pgmajfault", &paging_counters::major_faults},
    key_of<paging_counters>{"pswpin", &paging_counters::swapped_in},
    key_of<paging_counters>{"pswpout", &paging_counters::swapped_out},
    key_of<paging_counters>{"oom_kill", &paging_counters::oom_kills},
};

// `parse` turns what follows a known key into its value.
template <class Record, class Keys, class Parse>
Record parse_keys(std::string_view text, const Keys& keys, Parse parse) {
    Record found;
    for (std::string_view line; next_line(text, line);) {
        const std::string_view key = next_word(line);
        for (const auto& each : keys) {
            if (key != each.key) {
                continue;
            }
            const optional_count value = parse(line);
            found.malformed += value ? 0 : 1;
            if (value) {
                found.*each.member = value;
            }
        }
    }
    return found;
}

// "16303944 kB"
optional_count size_in(std::string_view rest) {
    constexpr std::uint64_t unit = 1024;
    std::uint64_t amount = 0;
    if (!next_number(rest, amount) || next_word(rest) != "kB" || __builtin_mul_overflow(amount, unit, &amount)) {
        return std::nullopt;
    }
    return amount;
}

optional_count count_in(std::string_view rest) {
    std::uint64_t count = 0;
    return next_number(rest, count) ? optional_count(count) : std::nullopt;
}

}  // namespace

memory_info parse_memory_info(std::string_view text) { return parse_keys<memory_info>(text, memory_keys, &size_in); }

paging_counters parse_paging_counters(std::string_view text) {
    return parse_keys<paging_counters>(text, paging_keys, &count_in);
}

}  // namespace sonde::host_metrics
