// What an agent does first, by the client that openapi-typescript makes of the description.
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

declare const process: { env: Record<string, string | undefined> };

type Problem = components["schemas"]["Problem"];

function expect(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

const api = createClient<paths>({
  baseUrl: process.env["ICM_SMOKE_URL"] ?? "",
  headers: { Authorization: `Bearer ${process.env["ICM_SMOKE_TOKEN"]}` },
});

const me = await api.GET("/v1/me");
expect(me.data !== undefined, "signed in");
const unit = me.data.units[0]?.["id"];
expect(unit !== undefined, "a member of a unit");

const phone = { kind: "phone" as const, value: "+1 202 555 0177" };
const checked = await api.POST("/v1/checks", { body: { selectors: [phone], reason: "a lead" } });
expect(checked.data !== undefined && checked.data.result.length > 0, "checked");

const receipt = checked.data.receipt;
const made = await api.POST("/v1/cases", {
  params: { header: { "Idempotency-Key": crypto.randomUUID() } },
  body: { number: "26-0001", title: "Crates", unit, receipt },
});
expect(made.data !== undefined, "opened");

const path = { id: made.data.id };
const added = await api.POST("/v1/cases/{id}/subjects", {
  params: { path },
  body: {
    kind: "Person",
    attributes: [{ kind: "name", value: "Jo Doe" }],
    identifiers: [phone],
  },
});
expect(added.data !== undefined && added.data.records?.length === 2, "added");

const one = { params: { path: { id: added.data.id } } };
const read = await api.GET("/v1/subjects/{id}", one);
expect(read.data?.name === "Jo Doe" && read.data.identifiers[0]?.value === "+12025550177", "read");

const tag = read.response.headers.get("etag") ?? "";
const again = await api.GET("/v1/subjects/{id}", { params: { ...one.params, header: { "If-None-Match": tag } } });
expect(again.response.status === 304, "unchanged");

const stale = await api.PATCH("/v1/cases/{id}", {
  params: { path, header: { "If-Match": '"x"' } },
  body: { title: "Boxes" },
});
const problem: Problem | undefined = stale.error;
expect(stale.response.status === 412 && problem?.type === "urn:icmgraph:problem:precondition_failed", "stale");
console.log("ok");
