// A certified OpenID provider on a free port, for the tests of single sign-on; its pages let anybody in as anybody.
// Prints its address, and ends when its input does.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const [redirect] = process.argv.slice(2);
const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: "gridflow", client_secret: "the secret of the tests", redirect_uris: [redirect] }],
    claims: { profile: ["preferred_username", "groups"] },
    findAccount: (_context, id) => ({
      accountId: id,
      // Who signs in as `name+one+two` is in the groups one and two.
      claims: () => ({ sub: id, preferred_username: id.split("+")[0], groups: id.split("+").slice(1) }),
    }),
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
process.stdin.resume().on("end", () => process.exit());
