// Makes our calls through Vercel's own client, which refuses an answer that it can't read.
// Arguments: the stand-in's address, the token, and what the calls are about, as JSON.
import { Vercel } from "@vercel/sdk";

const [serverURL, bearerToken, about] = process.argv.slice(2);
const { team, project, variable, domain } = JSON.parse(about);
const { deployments, domains, projects, teams } = new Vercel({ serverURL, bearerToken });
const of = { teamId: team, idOrName: project };

await teams.getTeams({});
await projects.createProject({
  teamId: team,
  requestBody: {
    name: `${project}-2`,
    framework: "nextjs",
    gitRepository: { type: "github", repo: "lamps/shop" },
  },
});
await projects.getProject(of);
await projects.updateProject({ ...of, requestBody: { nodeVersion: "24.x" } });
await projects.filterProjectEnvs(of);
const value = { value: "v", type: "sensitive", target: ["production"] };
await projects.createProjectEnv({ ...of, upsert: "true", requestBody: [{ key: "A", ...value }] });
await projects.editProjectEnv({ ...of, id: variable, requestBody: value });
const shown = { production: "true", redirects: "false", verified: "true" };
await projects.getProjectDomains({ ...of, ...shown });
await projects.getProjectDomain({ ...of, domain });
await projects.addProjectDomain({ ...of, requestBody: { name: `new.${domain}` } });
await projects.verifyProjectDomain({ ...of, domain });
await domains.getDomainConfig({ teamId: team, domain, projectIdOrName: project });
const { id: projectId } = await projects.getProject(of);
await deployments.getDeployments({ teamId: team, projectId, target: "production" });
const begun = await deployments.createDeployment({
  teamId: team,
  requestBody: {
    name: project,
    project,
    target: "production",
    gitSource: { type: "github", org: "lamps", repo: "shop", ref: "main" },
  },
});
await deployments.getDeployment({ teamId: team, idOrUrl: begun.id });
