// SPDX-License-Identifier: Apache-2.0
// What the three samples share: an account per client of the endpoint `check`, so that each client is told what
// happened since its own last question, and texts for the answer. Nothing here is thread-safe, and all of it is
// bounded.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sonde/bpf/ladder.hpp>
#include <sonde/endpoints.hpp>

namespace sample {

template <class Account>
class accounts final {
public:
    static constexpr std::size_t most_clients = 16;  // beyond it the one that was silent longest is forgotten
    static constexpr std::size_t longest_id = 128;

    // Applies `change(Account&)` to every client's account and to the one that new clients begin with.
    template <class Change>
    void book(Change&& change) {
        change(first_);
        for (auto& [id, one] : clients_) {
            change(one.account);
        }
    }
    // New clients are told only of what is booked from now on.
    void begin_anew() { first_ = {}; }

    // What was booked since the client asked last.
    [[nodiscard]] sonde::result<Account> take(const sonde::request& from) {
        const std::string id(from.parameter("client_id", "anonymous"));
        if (id.size() > longest_id) {
            return sonde::fail(sonde::errc::invalid, "client_id has more than 128 bytes");
        }
        const auto known = clients_.find(id);
        Account told = known == clients_.end() ? first_ : std::move(known->second.account);
        if (known == clients_.end() && clients_.size() == most_clients) {
            clients_.erase(std::min_element(clients_.begin(), clients_.end(), [](const auto& one, const auto& other) {
                return one.second.asked < other.second.asked;
            }));
        }
        clients_[id] = {{}, ++questions_};
        return told;
    }

private:
    struct client {
        Account account;
        std::uint64_t asked;
    };

    Account first_;
    std::map<std::string, client, std::less<>> clients_;
    std::uint64_t questions_ = 0;
};

// Text of a fixed array of the kernel side, which need not be terminated. Names are any bytes; what is not printable
// ASCII becomes '?', so that envelopes and JSON can hold it.
template <std::size_t Size>
[[nodiscard]] std::string printable(const char (&text)[Size]) {
    std::string copy(text, ::strnlen(text, Size));
    std::replace_if(copy.begin(), copy.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return copy;
}

[[nodiscard]] inline std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        out.append(c == '"' || c == '\\' ? "\\" : "").push_back(static_cast<unsigned char>(c) < ' ' ? ' ' : c);
    }
    return out.append("\"");
}

// Which program serves each hook, and why better ones do not.
[[nodiscard]] inline std::string hooks_json(const std::vector<sonde::bpf::hook_outcome>& outcomes) {
    std::string out;
    for (const sonde::bpf::hook_outcome& one : outcomes) {
        out.append(out.empty() ? "{" : ",{").append("\"hook\":").append(quoted(one.hook));
        out.append(",\"attached_as\":")
            .append(quoted(one.program.empty() ? "none" : one.kind))
            .append(",\"refused\":[");
        for (const sonde::bpf::refusal& refused : one.refused) {
            out.append(out.back() == '[' ? "" : ",").append(quoted(refused.kind + ": " + refused.reason));
        }
        out.append("]}");
    }
    return "[" + out + "]";
}

}  // namespace sample
