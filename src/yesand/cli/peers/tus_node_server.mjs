// Serves @tus/server with @tus/file-store as their read-me shows them: node FILE MODULES PORT FOLDER
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules, port, folder] = process.argv.slice(2);
const found = createRequire(`${modules}/package.json`);
const load = (name) => import(pathToFileURL(found.resolve(name)).href);
const { Server } = await load("@tus/server");
const { FileStore } = await load("@tus/file-store");
const server = new Server({ path: "/uploads", datastore: new FileStore({ directory: folder }) });
server.listen({ host: "127.0.0.1", port: Number(port) });
