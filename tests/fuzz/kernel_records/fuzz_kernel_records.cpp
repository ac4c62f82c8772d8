// SPDX-License-Identifier: Apache-2.0
// Any bytes as records of the kernel side, one after the other: none is read beyond its end, tables stay within their
// bounds, a connection is never told to have moved more since the last poll than in its whole life, and every record of
// a connection that cannot be read is counted as refused.
//
// The input is a list of records: a kind, a length of two bytes (little endian), so many bytes.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sonde_bpf/connection.h>
#include <sonde_bpf/process.h>

#include "ebpf/connection/tracker.hpp"
#include "ebpf/flow/dns_record.hpp"
#include "ebpf/payload/conversations.hpp"
#include "ebpf/process/record.hpp"

namespace {

using namespace sonde::ebpf;
using bytes = std::span<const std::byte>;

constexpr std::size_t most = 8;
constexpr std::uint64_t second = 1'000'000'000;
constexpr std::uint64_t last_time = std::uint64_t{1} << 62;  // the kernel's clock stays below for a century

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

// A record alone in memory, so that a read beyond it is seen.
std::optional<std::vector<std::byte>> next_record(bytes& input, std::uint8_t& kind) {
    if (input.size() < 3) {
        return std::nullopt;
    }
    kind = static_cast<std::uint8_t>(input[0]);
    const std::size_t wanted = static_cast<std::size_t>(input[1]) | static_cast<std::size_t>(input[2]) << 8;
    const bytes record = input.subspan(3, std::min(wanted, input.size() - 3));
    input = input.subspan(3 + record.size());
    return std::vector(record.begin(), record.end());
}

connection::tracker_settings small_tables() {
    connection::tracker_settings settings;
    settings.table.max_tracked = most;
    settings.clients.max_closed = settings.clients.max_failed = most;
    settings.clients.has_aggregation = false;  // a merged change may be larger than the total of one connection
    return settings;
}

payload::conversation_settings all_protocols() {
    payload::conversation_settings settings;
    settings.most = most;
    settings.wanted.set();
    return settings;
}

class reader final {
public:
    void take(std::uint8_t kind, bytes record) {
        now_ += second;
        switch (kind % 4) {
        case 0: take_connection(record); break;
        case 1: take_segment(record); break;
        case 2: take_process(record); break;
        case 3: static_cast<void>(flow::dns_packet(record)); break;
        }
    }

    void finish() {
        tracker_.expire(now_ + 3600 * second);
        conversations_.sweep(last_time + 3600 * second);
        require(conversations_.size() == 0);
    }

private:
    void take_connection(bytes record) {
        const std::uint64_t refused = refusals();
        tracker_.take(record);
        require(refusals() == refused + unreadable(record));
        require(tracker_.connections().size() <= most);
        for (const connection::delta& told : tracker_.poll("fuzzer", now_)) {
            for (auto member : connection::traffic_counters) {
                require(told.last.*member <= told.total->*member);
            }
        }
    }

    void take_segment(bytes record) {
        const auto heard = payload::read_segment(record);
        if (!heard || heard->time >= last_time) {
            return;
        }
        require(heard->prefix.size() <= heard->size && heard->prefix.size() <= record.size());
        conversations_.take(*heard);
        require(conversations_.size() <= most);
    }

    void take_process(bytes record) {
        const auto seen = process::parse_exec(record);
        if (!seen) {
            return;
        }
        require(seen->filename.size() + seen->executable.size() + seen->directory.size() + seen->args.size() <=
                record.size());
        std::string path;
        process::append_path(path, seen->executable);
        require(path.starts_with('/') && path.size() <= seen->executable.size() + 1);
    }

    // The kernel's iterators write one connection behind the other.
    static std::uint64_t unreadable(bytes records) {
        std::uint64_t all = 0;
        while (!records.empty()) {
            const bytes one = records.first(std::min(records.size(), sizeof(sonde_connection)));
            records = records.subspan(one.size());
            all += connection::read_record(one) ? 0 : 1;
        }
        return all;
    }

    [[nodiscard]] std::uint64_t refusals() const {
        std::uint64_t all = 0;
        for (const std::uint64_t each : tracker_.stats().malformed) {
            all += each;
        }
        return all;
    }

    connection::tracker tracker_{small_tables()};
    payload::conversations conversations_{all_protocols(), nullptr, [](std::uint64_t) {}};
    std::uint64_t now_ = second;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    reader to;
    bytes input(reinterpret_cast<const std::byte*>(data), std::min<std::size_t>(size, 64 << 10));
    std::uint8_t kind = 0;
    while (const auto record = next_record(input, kind)) {
        to.take(kind, *record);
    }
    to.finish();
    return 0;
}
