// SPDX-License-Identifier: Apache-2.0
// Any bytes as what a Vault server or its audit devices may say. The first byte chooses how they are read. Of an entry
// nothing passes but HMACs and texts of known fields without a token in them; what is sent or answered never does.
// Lines must be the same however the stream is cut.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "vault/audit_reader.hpp"
#include "vault/documents.hpp"
#include "vault/entry_stream.hpp"
#include "vault/options.hpp"
#include "vault/time_text.hpp"

namespace {

using namespace sonde::vault;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

std::vector<std::string_view> texts_of(const audit_facts& of) {
    std::vector<std::string_view> texts{of.request_id,     of.operation,      of.path,           of.mount_point,
                                        of.mount_type,     of.mount_class,    of.mount_accessor, of.namespace_id,
                                        of.display_name,   of.namespace_path, of.entity_id,      of.token_type,
                                        of.remote_address, of.forwarded_from};
    texts.insert(texts.end(), of.policies.begin(), of.policies.end());
    for (const auto& [name, value] : of.headers) {
        texts.push_back(value);
    }
    return texts;
}

void check(const audit_facts& of, std::size_t size) {
    for (const std::string_view text : texts_of(of)) {
        require(!holds_token(text) && text.size() <= size);
    }
    for (const hmac_field& each : of.hmac_fields) {
        require(is_hmac(each.value));
        require(!holds_token(each.name));
    }
    require(of.hmac_fields.size() <= 8);
    static_cast<void>(event_id(of));
}

// As an entry, and as the data of one.
void as_entry(std::string_view bytes) {
    audit_reader reader({"user-agent"}, 8);
    if (const auto read = reader.read(bytes)) {
        check(**read, bytes.size() + withheld.size());
    }
    simdjson::dom::parser parser;
    simdjson::dom::element ignored;
    if (parser.parse(bytes.data(), bytes.size()).get(ignored) != simdjson::SUCCESS) {
        return;
    }
    for (const std::string_view where :
         {"\"request\":{\"data\":", "\"response\":{\"data\":", "\"auth\":{\"metadata\":"}) {
        std::string entry(R"({"type":"request",)");
        entry.append(where).append(bytes).append("}}");
        const auto read = reader.read(entry);
        require(read.has_value());
        for (const std::string_view text : texts_of(**read)) {
            require(text.empty());
        }
        require((*read)->error.messages.empty());
        check(**read, 0);
    }
}

std::vector<std::string> lines_of(std::string_view bytes, std::size_t piece) {
    std::vector<std::string> lines;
    entry_stream stream(100);
    while (!bytes.empty()) {
        const auto room = stream.room();
        const std::size_t size = std::min({piece, room.size(), bytes.size()});
        require(size != 0);
        bytes.copy(room.data(), size);
        stream.filled(size);
        bytes.remove_prefix(size);
        require(stream.each([&](std::string_view line) {
            require(line.size() <= 100);
            lines.emplace_back(line);
            return true;
        }));
    }
    return lines;
}

void as_answer(std::string_view bytes) {
    static_cast<void>(read_health(200, bytes));
    static_cast<void>(read_seal_status(bytes));
    static_cast<void>(read_leader(bytes));
    static_cast<void>(read_replication(bytes));
    static_cast<void>(read_lookup(bytes));
    static_cast<void>(read_renewal(bytes));
}

void as_text(std::string_view bytes) {
    static_cast<void>(parse_time(bytes));
    std::string path;
    static_cast<void>(write_request_path(bytes, path));
    require(!holds_token(path));
    known_errors errors;
    find_known_errors(bytes, errors);
    static_cast<void>(parse_listen_address(std::string(bytes), true));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 4) {
    case 0: as_entry(bytes); break;
    case 1: require(lines_of(bytes, 7) == lines_of(bytes, 4096)); break;
    case 2: as_answer(bytes); break;
    default: as_text(bytes);
    }
    return 0;
}
