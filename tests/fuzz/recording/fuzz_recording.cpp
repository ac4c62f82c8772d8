// SPDX-License-Identifier: Apache-2.0
// Recordings from files that anybody may have written: in whatever pieces they come, the same records are found, and
// none lies outside of what was given.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <sonde/schema/batch.hpp>

#include "bus/recording.hpp"

namespace {

std::vector<std::string> split(std::string_view bytes, std::size_t piece) {
    sonde::bus::record_splitter records;
    std::vector<std::string> found;
    while (!bytes.empty()) {
        const auto size = std::min(piece, bytes.size());
        records.add(bytes.substr(0, size));
        bytes.remove_prefix(size);
        for (;;) {
            const auto record = records.next();
            if (!record) {
                return found;
            }
            if (!*record) {
                break;
            }
            found.emplace_back(reinterpret_cast<const char*>((*record)->data()), (*record)->size());
            sonde::schema::batch_reader reader;
            reader.open(sonde::bus::body_of(**record), sonde::bus::header_of(**record).first_item, {});
            while (reader.next() != nullptr) {
                static_cast<void>(reader.record());
            }
        }
    }
    return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (split(bytes, bytes.size() + 1) != split(bytes, 7)) {
        std::abort();
    }
    return 0;
}
