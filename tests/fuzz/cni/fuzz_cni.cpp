// SPDX-License-Identifier: Apache-2.0
// Any bytes as each of the things that the cni collector reads, chosen by the first byte: a line of a log, a
// configuration, a result, a message of the kernel, an envelope, an environment.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cni/address_pool.hpp"
#include "cni/config_file.hpp"
#include "cni/event_writer.hpp"
#include "cni/log_line.hpp"
#include "cni/log_times.hpp"
#include "cni/netlink_message.hpp"
#include "cni/operation_source.hpp"
#include "cni/process_message.hpp"
#include "cni/result_file.hpp"

namespace {

using namespace sonde::cni;

// What was read can be written.
void write_out(const event& of) {
    std::vector<std::uint8_t> bytes(64U << 10U);
    sonde::wire::writer out(bytes);
    std::string scratch;
    write(out, of, scratch);
    if (out.size() == 0 && !out.overflowed()) {
        std::abort();
    }
}

void read_as(unsigned what, std::string_view text) {
    const std::span bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    event read;
    switch (what % 6) {
    case 0: {
        log_parser parser;
        parser.parse(text, read);
        if (read.kind == schema::kind::unspecified) {
            std::abort();
        }
        write_out(read);
        break;
    }
    case 1:
        if (const auto facts = read_config(text)) {
            for (const address_range& each : facts->ranges) {
                if (const auto pool = address_pool::of(each)) {
                    static_cast<void>(pool->size());
                }
            }
            if (!differences(*facts, *facts, 8).empty()) {
                std::abort();
            }
        }
        break;
    case 2: {
        result_reader reader;
        if (reader.read(text, read)) {
            write_out(read);
        }
        break;
    }
    case 3: {
        net_change change;
        read_netlink(bytes, change);
        break;
    }
    case 4: static_cast<void>(read_process(bytes)); break;
    default:
        static_cast<void>(variable(text, "CNI_COMMAND"));
        static_cast<void>(argument(text, "K8S_POD_NAME"));
        static_cast<void>(read_time(text));
        static_cast<void>(read_duration(text));
        break;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size != 0) {
        read_as(data[0], std::string_view(reinterpret_cast<const char*>(data + 1), size - 1));
    }
    return 0;
}
