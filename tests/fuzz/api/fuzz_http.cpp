// SPDX-License-Identifier: Apache-2.0
// Any bytes through the reading and routing of requests, as a connection does it: in pieces, pipelined, until refused.
// However they are cut, the same requests must be found in them; only how early an unfinished one is refused may
// differ.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "api/address.hpp"
#include "api/reader.hpp"
#include "api/router.hpp"
#include "api/wire.hpp"
#include "observe/json.hpp"

namespace {

using namespace sonde::api;

constexpr reader_limits limits{.header = 512, .body = 256};

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

response echo(const request& of) {
    sonde::observe::json_writer json;
    json.begin_object().member("path", of.path).member("body", of.body);
    for (const auto& [key, value] : of.query) {
        json.member(key, value);
    }
    for (const auto& [key, value] : of.parameters) {
        json.member(key, value);
    }
    response answer;
    answer.body = json.end_object().take();
    return answer;
}

router& routes() {
    static router all;
    if (all.size() == 0) {
        for (const char* pattern : {"/", "/livez", "/modules/{name}/check", "/modules/process/check"}) {
            require(all.add("GET", pattern, echo).has_value());
        }
        require(all.add("POST", "/modules/{name}/restart", echo, {.group = "modules", .concurrency = 1}).has_value());
        all.mark_down("/modules/down", "restarting");
    }
    return all;
}

response serve(request& of) {
    admission admitted = routes().admit(of);
    response answer = admitted.permit ? admitted.permit.run(of) : std::move(admitted.refusal);
    if (of.query_flag("pretty")) {
        answer.body = sonde::observe::indent_json(answer.body);
    }
    return answer;
}

// What all requests of a connection are answered, when `piece` bytes arrive at a time.
std::string converse(std::string_view bytes, std::size_t piece) {
    std::string said;
    std::string input;
    request_reader reader(limits);
    for (bool more = true; more;) {
        more = !bytes.empty();
        input += bytes.substr(0, piece);
        bytes.remove_prefix(std::min(piece, bytes.size()));
        for (bool again = !input.empty(); again;) {
            again = false;
            const progress at = reader.feed(input);
            if (at == progress::refused) {
                require(reader.refusal().status >= 400);
                return said;
            }
            require(at == progress::complete || input.size() <= limits.header + piece);
            if (at == progress::complete) {
                incoming from = reader.take();
                static_cast<void>(parse_address(from.host));
                const response answer = serve(from.what);
                said += encode_head(answer, {from.keep_alive, false}) + answer.body;
                reader = request_reader(limits);
                again = !input.empty();
            }
        }
    }
    return said;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    require(converse(bytes, 7) == converse(bytes, 64));
    static_cast<void>(converse(bytes, bytes.size() + 1));
    if (auto parsed = parse_request(bytes, limits)) {
        static_cast<void>(serve(*parsed));
    }
    answer_reader reader;
    std::string input(bytes);
    if (reader.feed(input) == progress::more) {
        static_cast<void>(reader.finish());
    }
    return 0;
}
