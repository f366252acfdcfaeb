// Runs scimmy with its Express routers, on a map in memory. POST /reset forgets everything.
//
//   node scimmy_server.mjs PORT TOKEN
//
// The routers are scimmy's; what is stored where is the affair of whoever uses scimmy, so here.

import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/`);
const express = require("express");
const SCIMMY = require("scimmy").default ?? require("scimmy");
const SCIMMYRouters = require("scimmy-routers").default ?? require("scimmy-routers");

const [port, token] = process.argv.slice(2);
const refuse = (status, type, why) => { throw new SCIMMY.Types.Error(status, type, why); };

/** Keeps one kind of resource, of which nothing but the case may be the same in `unique`. */
function keep(Resource, unique, { left = () => {}, check = () => {} } = {}) {
    const kept = new Map();
    const taken = new Map();
    const name = one => one[unique].toLowerCase();
    Resource.ingress((resource, given) => {
        const id = resource.id ?? randomUUID();
        if (resource.id && !kept.has(id)) refuse(404, null, `Resource ${id} not found`);
        const one = { ...JSON.parse(JSON.stringify(given)), id };
        check(one);
        if ((taken.get(name(one)) ?? id) !== id) refuse(409, "uniqueness", `${one[unique]} is taken`);
        if (kept.has(id)) taken.delete(name(kept.get(id)));
        const now = new Date().toISOString();
        one.meta = { ...kept.get(id)?.meta, lastModified: now };
        one.meta.created ??= now;
        kept.set(id, one);
        taken.set(name(one), id);
        return one;
    });
    Resource.egress(resource => {
        if (!resource.id) {
            const all = [...kept.values()];
            return resource.filter ? resource.filter.match(all) : all;
        }
        return kept.get(resource.id) ?? refuse(404, null, `Resource ${resource.id} not found`);
    });
    Resource.degress(resource => {
        if (!kept.has(resource.id)) refuse(404, null, `Resource ${resource.id} not found`);
        taken.delete(name(kept.get(resource.id)));
        kept.delete(resource.id);
        left(resource.id);
    });
    SCIMMY.Resources.declare(Resource);
    return { kept, forget: () => { kept.clear(); taken.clear(); } };
}

const groups = keep(SCIMMY.Resources.Group, "displayName", {
    check: group => {
        const nobody = group.members?.find(member => !users.kept.has(member.value));
        if (nobody) refuse(400, "invalidValue", `${nobody.value} is nobody`);
    },
});
const users = keep(SCIMMY.Resources.User.extend(SCIMMY.Schemas.EnterpriseUser), "userName", {
    left: gone => {
        for (const group of groups.kept.values()) {
            group.members = group.members?.filter(member => member.value !== gone);
        }
    },
});

const app = express();
app.post("/reset", (_, answer) => {
    users.forget();
    groups.forget();
    answer.status(204).end();
});
app.use("/scim/v2", new SCIMMYRouters({
    type: "bearer",
    handler: asked => {
        if (asked.header("Authorization") !== `Bearer ${token}`) throw new Error("who is this?");
        return [...users.kept.values()].find(one => one.userName === "syncd")?.id;
    },
}));
app.listen(Number(port), "127.0.0.1");
