// SPDX-License-Identifier: Apache-2.0
#include "api/reader.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <fmt/format.h>

#include "api/target.hpp"

namespace sonde::api {
namespace {

namespace http = boost::beast::http;

std::string text(boost::beast::string_view view) { return {view.data(), view.size()}; }

// Largest header, chunk header or trailer of an answer. Ours have headers of some hundred bytes and no trailer.
constexpr std::size_t answer_limit = 8u << 10;

// Feeds a parser, for both directions. Beast bounds only what it has seen of a header at once, and a trailer not at
// all; here a header is as long as it is however it was cut, and nothing unfinished grows beyond the limit.
template <class Parser>
class bounded final {
public:
    explicit bounded(std::size_t limit) : limit_(limit) {
        parser.header_limit(std::numeric_limits<std::uint32_t>::max());
    }

    progress advance(std::string& input, boost::beast::error_code& ec) {
        std::size_t used = 0;
        while (!parser.is_done() && used < input.size()) {
            const bool in_header = !parser.is_header_done();
            const std::size_t shown = std::min(limit_, input.size() - used);
            const std::size_t took = parser.put(boost::asio::buffer(input.data() + used, shown), ec);
            used += took;
            header_ += in_header ? took : 0;
            if (ec == http::error::need_more) {
                ec = {};
                if (took == 0 && shown < limit_) {
                    break;
                }
            }
            if (!ec && (took == 0 || header_ > limit_)) {
                ec = http::error::header_limit;
            }
            if (ec) {
                return progress::refused;
            }
        }
        input.erase(0, used);
        return parser.is_done() ? progress::complete : progress::more;
    }

    Parser parser;

private:
    std::size_t limit_;
    std::size_t header_ = 0;  // bytes of the start line and the fields so far
};

}  // namespace

struct request_reader::state {
    explicit state(reader_limits with) : limits(with), in(with.header) { in.parser.body_limit(with.body); }

    void refuse(int status, std::string_view code, std::string_view message) {
        refused = failure(status, code, message);
    }

    reader_limits limits;
    bounded<http::request_parser<http::string_body>> in;
    incoming done;
    response refused;
    bool continued = false;
};

request_reader::request_reader(reader_limits limits) : state_(std::make_unique<state>(limits)) {}
request_reader::~request_reader() = default;
request_reader::request_reader(request_reader&&) noexcept = default;
request_reader& request_reader::operator=(request_reader&&) noexcept = default;

progress request_reader::feed(std::string& input) {
    boost::beast::error_code ec;
    const progress at = state_->in.advance(input, ec);
    if (at == progress::more) {
        return at;
    }
    if (ec == http::error::header_limit) {
        state_->refuse(431, "header_too_large",
                       fmt::format("request line and headers, or a trailer, exceed {} bytes", state_->limits.header));
        return progress::refused;
    }
    if (ec == http::error::body_limit) {
        state_->refuse(413, "body_too_large", fmt::format("the body exceeds {} bytes", state_->limits.body));
        return progress::refused;
    }
    if (at == progress::refused) {
        state_->refuse(400, "malformed", "this is not HTTP/1.x: " + ec.message());
        return progress::refused;
    }
    auto& message = state_->in.parser.get();
    incoming& to = state_->done;
    to.http11 = message.version() >= 11;
    const auto hosts = message.count(http::field::host);
    if (hosts > 1 || (hosts == 0 && to.http11)) {
        state_->refuse(400, "malformed", "exactly one Host header is needed");
        return progress::refused;
    }
    const std::string target = text(message.target());
    if (auto parsed = parse_target(target, to.what); !parsed) {
        state_->refuse(400, "bad_target", parsed.error().text);
        return progress::refused;
    }
    to.what.method = text(message.method_string());
    to.head = to.what.method == "HEAD";
    if (to.head) {
        to.what.method = "GET";
    }
    to.what.body = std::move(message.body());
    to.keep_alive = message.keep_alive();
    to.host = text(message[http::field::host]);
    return progress::complete;
}

bool request_reader::wants_continue() {
    state& of = *state_;
    if (of.continued || !of.in.parser.is_header_done() || of.in.parser.is_done()) {
        return false;
    }
    of.continued = true;
    return boost::beast::iequals(of.in.parser.get()[http::field::expect], "100-continue");
}

incoming request_reader::take() { return std::move(state_->done); }

response request_reader::refusal() const {
    response copy;
    copy.status = state_->refused.status;
    copy.body = state_->refused.body;
    return copy;
}

result<request> parse_request(std::string_view bytes, reader_limits limits) {
    request_reader reader(limits);
    std::string input(bytes);
    switch (reader.feed(input)) {
    case progress::complete: return reader.take().what;
    case progress::more: return fail(errc::invalid, "the request is not complete");
    case progress::refused: break;
    }
    const response refused = reader.refusal();
    return fail(refused.status == 400 ? errc::invalid : errc::exhausted, refused.body);
}

struct answer_reader::state {
    bounded<http::response_parser<http::string_body>> in{answer_limit};
};

answer_reader::answer_reader() : state_(std::make_unique<state>()) {
    // The caller takes the body away as it comes and has its own limit.
    state_->in.parser.body_limit(boost::none);
}
answer_reader::~answer_reader() = default;
answer_reader::answer_reader(answer_reader&&) noexcept = default;
answer_reader& answer_reader::operator=(answer_reader&&) noexcept = default;

progress answer_reader::feed(std::string& input) {
    boost::beast::error_code ec;
    return state_->in.advance(input, ec);
}

progress answer_reader::finish() {
    if (state_->in.parser.is_done()) {
        return progress::complete;
    }
    if (!state_->in.parser.got_some()) {
        return progress::refused;
    }
    boost::beast::error_code ec;
    state_->in.parser.put_eof(ec);
    return ec ? progress::refused : progress::complete;
}

bool answer_reader::has_head() const { return state_->in.parser.is_header_done(); }

int answer_reader::status() const { return static_cast<int>(state_->in.parser.get().result_int()); }

std::string answer_reader::content_type() const { return text(state_->in.parser.get()[http::field::content_type]); }

std::string answer_reader::take_body() { return std::exchange(state_->in.parser.get().body(), {}); }

}  // namespace sonde::api
